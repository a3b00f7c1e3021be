type BytesOf = (file: string) => ArrayBuffer;

/**
 * The value that `encodeJson` wrote. Nothing in it is evaluated.
 *
 * @param bytesOf the bytes of a side file.
 */
export function decodeJson(text: string, bytesOf: BytesOf): unknown {
  const tree: unknown = JSON.parse(text);
  return text.includes('"$type"') ? decode(tree, bytesOf) : tree;
}

function decode(value: unknown, bytesOf: BytesOf): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = decode(value[index], bytesOf);
    return value;
  }
  const record = value as Record<string, unknown>;
  if (typeof record.$type === 'string') return decodeTagged(record.$type, record, bytesOf);
  for (const key of Object.keys(record)) record[key] = decode(record[key], bytesOf);
  return record;
}

function decodeTagged(type: string, { value, file }: Record<string, unknown>, bytesOf: BytesOf): unknown {
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
      return new Map(decode(value, bytesOf) as [unknown, unknown][]);
    case 'set':
      return new Set(decode(value, bytesOf) as unknown[]);
    case 'object':
      return Object.fromEntries(
        (value as [string, unknown][]).map(([key, item]) => [key, decode(item, bytesOf)] as const),
      );
  }
  const buffer = typeof file === 'string' ? bytesOf(file) : bufferOf(value as string);
  if (type === 'ArrayBuffer') return buffer;
  if (type === 'Buffer') return Buffer.from(buffer);
  return new (viewClass(type))(buffer);
}

const viewNames = new Set(
  'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array DataView'.split(
    ' ',
  ),
);

function viewClass(type: string): new (buffer: ArrayBuffer) => ArrayBufferView {
  // Float16Array is younger than the oldest Node that may read it.
  const View = viewNames.has(type) ? (globalThis as Record<string, unknown>)[type] : undefined;
  if (typeof View !== 'function')
    throw new TypeError(`value.json has the type ${JSON.stringify(type)}, which is not known here.`);
  return View as new (
    buffer: ArrayBuffer,
  ) => ArrayBufferView;
}

function bufferOf(base64: string): ArrayBuffer {
  const bytes = Buffer.from(base64, 'base64');
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
