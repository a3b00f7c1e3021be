import { types } from 'node:util';
import { ValueNotStorableError } from '../../errors/artifact-errors.ts';

/** Arrays of numbers of this many bytes or more are files of their own beside the JSON. */
export const sideFileBytes = 1024 * 1024;
/** Below the stack's end, for encoding and for decoding. */
const maximumDepth = 1000;

export interface EncodedJson {
  /** What `JSON.stringify` takes. Shares with the value whatever needed no change. */
  readonly tree: unknown;
  /** Bytes of large arrays: the first is the file `arrays/0.bin`. */
  readonly sideFiles: readonly Uint8Array[];
}

/** A value as plain JSON, in the form that `jsonMaterializer` documents. @throws ValueNotStorableError naming the place. */
export function encodeJson(value: unknown): EncodedJson {
  const encoder = new JsonEncoder();
  return { tree: encoder.encode(value), sideFiles: encoder.sideFiles };
}

class JsonEncoder {
  readonly sideFiles: Uint8Array[] = [];
  readonly #sideFileNames = new Map<object, string>();
  readonly #place: string[] = [];
  readonly #above = new Set<object>();

  encode(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Object.is(value, -0)) return tagged('number', '-0');
        return Number.isFinite(value) ? value : tagged('number', String(value));
      case 'undefined':
        return tagged('undefined');
      case 'bigint':
        return tagged('bigint', String(value));
      case 'object':
        return value === null ? null : this.#encodeObject(value);
      default:
        throw this.#notStorable(`a ${typeof value}`);
    }
  }

  #encodeObject(value: object): unknown {
    if (types.isDate(value) && isDirectInstance(value))
      return tagged('date', Number.isNaN(value.getTime()) ? null : value.toISOString());
    if (ArrayBuffer.isView(value))
      return this.#encodeBytes(
        viewName(value),
        value,
        new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
      );
    if (types.isArrayBuffer(value)) return this.#encodeBytes('ArrayBuffer', value, new Uint8Array(value));
    if (this.#above.has(value)) throw this.#notStorable('a reference to something that contains it');
    if (this.#above.size === maximumDepth) throw this.#notStorable(`nested more than ${maximumDepth} levels deep`);
    this.#above.add(value);
    const encoded = this.#encodeContainer(value);
    this.#above.delete(value);
    return encoded;
  }

  #encodeContainer(value: object): unknown {
    if (Array.isArray(value) && isDirectInstance(value)) {
      this.#requireItemsAlone(value);
      return this.#encodeItems(value, (index) => `[${index}]`);
    }
    if (types.isMap(value) && isDirectInstance(value)) {
      const pairs = this.#encodeItems([...value].flat(1), (index) => (index % 2 === 0 ? '<key>' : '<value>'));
      return tagged(
        'map',
        Array.from({ length: value.size }, (_, index) => [pairs[2 * index], pairs[2 * index + 1]]),
      );
    }
    if (types.isSet(value) && isDirectInstance(value))
      return tagged(
        'set',
        this.#encodeItems([...value], () => '<item>'),
      );
    return this.#encodeProperties(value);
  }

  #requireItemsAlone(array: readonly unknown[]): void {
    // They come after the indices. To ask a long array costs as much as to encode it.
    const last = array.length < 100 ? Object.keys(array).at(-1) : undefined;
    if (last === undefined || !Number.isNaN(Number(last))) return;
    const [first] = Object.keys(array).filter((key) => Number.isNaN(Number(key)));
    throw this.#notStorable(`an array with a property of its own, ${JSON.stringify(first)}`);
  }

  #encodeItems(items: readonly unknown[], placeOf: (index: number) => string): readonly unknown[] {
    let changed: unknown[] | undefined;
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (typeof item === 'string') continue;
      this.#place.push(typeof item === 'number' ? '' : placeOf(index));
      const encoded = this.encode(item);
      this.#place.pop();
      if (encoded === item) continue;
      changed ??= items.slice();
      changed[index] = encoded;
    }
    return changed ?? items;
  }

  #encodeProperties(value: object): unknown {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw this.#notStorable(`an instance of ${nameOf(prototype)}`);
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#notStorable('an object with a symbol for a key');
    let changed = false;
    const entries = Object.entries(value);
    for (const entry of entries) {
      this.#place.push(`.${entry[0]}`);
      const encoded = this.encode(entry[1]);
      this.#place.pop();
      changed ||= encoded !== entry[1];
      entry[1] = encoded;
    }
    if (Object.hasOwn(value, '$type') || Object.hasOwn(value, '__proto__')) return tagged('object', entries);
    return changed ? Object.fromEntries(entries) : value;
  }

  #encodeBytes(type: string, owner: object, bytes: Uint8Array): unknown {
    if (bytes.byteLength < sideFileBytes)
      return tagged(type, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'));
    let file = this.#sideFileNames.get(owner);
    if (file === undefined) {
      file = sideFileName(this.sideFiles.length);
      this.#sideFileNames.set(owner, file);
      this.sideFiles.push(bytes);
    }
    return { $type: type, file };
  }

  #notStorable(what: string): ValueNotStorableError {
    return new ValueNotStorableError(this.#place.join('').replace(/^\./, ''), what);
  }
}

export function sideFileName(index: number): string {
  return `arrays/${index}.bin`;
}

function tagged(type: string, value?: unknown): object {
  return value === undefined ? { $type: type } : { $type: type, value };
}

/** Whether its class is the built-in one and none derived from it. */
function isDirectInstance(value: object): boolean {
  const objectPrototype = Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {});
  return objectPrototype !== null && Object.getPrototypeOf(objectPrototype) === null;
}

function viewName(view: ArrayBufferView): string {
  return Buffer.isBuffer(view) ? 'Buffer' : Object.prototype.toString.call(view).slice('[object '.length, -1);
}

function nameOf(prototype: object): string {
  const name: unknown = prototype.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'a class';
}
