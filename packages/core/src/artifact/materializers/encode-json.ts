import { MlstackError } from '../../errors/mlstack-error.ts';

/** No built-in materializer takes a value. */
export class ValueNotStorableError extends MlstackError {
  readonly code = 'VALUE_NOT_STORABLE';
  override readonly kind = 'failure' as const;
  /** @param place where in the value, as in `model.layers[2]`; empty for the whole. */
  constructor(place: string, what: string) {
    super(
      `${place === '' ? 'The value' : `The value's part ${place}`} is ${what}, which no built-in materializer stores.`,
      {
        hint: 'Return plain values, or name a materializer for this output: `outputs: { name: myMaterializer }`.',
      },
    );
  }
}

/** UTF-8 JSON of a plain value. Keys stay in their order. @throws ValueNotStorableError naming the place. */
export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(toJson(value, '', new Set())));
}

function toJson(value: unknown, place: string, above: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged('number', Object.is(value, -0) ? '-0' : String(value));
    case 'undefined':
      return tagged('undefined');
    case 'bigint':
      return tagged('bigint', String(value));
    case 'object':
      return value === null ? null : objectToJson(value, place, above);
    default:
      throw new ValueNotStorableError(place, `a ${typeof value}`);
  }
}

function objectToJson(value: object, place: string, above: Set<object>): unknown {
  if (above.has(value)) throw new ValueNotStorableError(place, 'a reference to something that contains it');
  above.add(value);
  try {
    if (Array.isArray(value)) return Array.from(value, (item, index) => toJson(item, `${place}[${index}]`, above));
    if (value instanceof Date) return tagged('date', Number.isNaN(value.getTime()) ? null : value.toISOString());
    if (value instanceof Map)
      return tagged(
        'map',
        Array.from(value, ([key, item], index) => [
          toJson(key, `${place} key ${index}`, above),
          toJson(item, `${place} entry ${index}`, above),
        ]),
      );
    if (value instanceof Set)
      return tagged(
        'set',
        Array.from(value, (item, index) => toJson(item, `${place} item ${index}`, above)),
      );
    if (ArrayBuffer.isView(value))
      return tagged(
        value instanceof Uint8Array ? 'Uint8Array' : value.constructor.name,
        base64Of(value.buffer, value.byteOffset, value.byteLength),
      );
    if (value instanceof ArrayBuffer) return tagged('ArrayBuffer', base64Of(value, 0, value.byteLength));
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw new ValueNotStorableError(place, `an instance of ${value.constructor.name || 'a class'}`);
    const entries = Object.entries(value).map(
      ([key, item]) => [key, toJson(item, place === '' ? key : `${place}.${key}`, above)] as const,
    );
    return '$type' in value || Object.hasOwn(value, '__proto__')
      ? tagged('object', entries)
      : Object.fromEntries(entries);
  } finally {
    above.delete(value);
  }
}

function tagged(type: string, value?: unknown): object {
  return value === undefined ? { $type: type } : { $type: type, value };
}

function base64Of(buffer: ArrayBufferLike, start: number, length: number): string {
  return Buffer.from(buffer, start, length).toString('base64');
}
