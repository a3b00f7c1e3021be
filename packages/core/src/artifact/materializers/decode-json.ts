type ViewConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

const views: Readonly<Record<string, ViewConstructor>> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
};

/** The value that `encodeJson` wrote. Nothing in it is evaluated. */
export function decodeJson(bytes: Uint8Array): unknown {
  return fromJson(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')));
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = fromJson(value[index]);
    return value;
  }
  const { $type: type } = value as { readonly $type?: unknown };
  if (typeof type === 'string') return fromTagged(type, (value as { readonly value?: unknown }).value);
  return objectOf(Object.entries(value));
}

function fromTagged(type: string, value: unknown): unknown {
  switch (type) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(value);
    case 'bigint':
      return BigInt(value as string);
    case 'date':
      return new Date(value === null ? Number.NaN : (value as string));
    case 'map':
      return new Map((value as [unknown, unknown][]).map(([key, item]) => [fromJson(key), fromJson(item)]));
    case 'set':
      return new Set((value as unknown[]).map(fromJson));
    case 'object':
      return objectOf(value as [string, unknown][]);
    case 'ArrayBuffer':
      return bufferOf(value as string);
  }
  const View = Object.hasOwn(views, type) ? views[type] : undefined;
  if (View === undefined) throw new TypeError(`The file has a value of the unknown type "${type}".`);
  return new View(bufferOf(value as string));
}

function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries.map(([key, item]) => [key, fromJson(item)]));
}

function bufferOf(base64: string): ArrayBuffer {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
