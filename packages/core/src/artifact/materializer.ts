import type { MaterializerReference } from './artifact-record.ts';

/** Where a materializer writes. Files appear in the artifact store when the last one is complete. */
export interface ArtifactWriter {
  /** `path` is relative, with `/`. Resolves when the file's bytes are durable. Writing one path twice is an error. */
  writeFile(path: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
}

/** What a materializer reads. Bytes are compared with their SHA-256 while they stream; a mismatch fails with `ObjectCorruptError`. */
export interface ArtifactReader {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readFile(path: string): AsyncIterable<Uint8Array>;
  /** Convenience for small files. */
  readBytes(path: string): Promise<Uint8Array>;
  /** A new folder at each call, removed when the step ends, for values that are paths. */
  temporaryDirectory(): Promise<string>;
}

/**
 * Saves and restores one kind of value. Equal values give equal bytes (no times, no random parts), so that content hashes
 * compare across stores. Reading never evaluates code. A single file named `value.<extension>`, the extension in lower-case
 * letters, is stored as one object; anything else costs one more write, for the list of the files' names.
 */
export interface Materializer<Value> extends MaterializerReference {
  /** Whether this value is one of its kind, asked of built-in ones for outputs without a declaration. */
  accepts?(value: unknown): boolean;
  /** Throws `ValueNotStorableError` where the value is none that it can store. */
  save(value: Value, writer: ArtifactWriter): Promise<void>;
  /** `reader` is good until the promise resolves. */
  load(reader: ArtifactReader): Promise<Value>;
  /** At most 200 characters. */
  preview?(value: Value): string;
}

/**
 * Describes a materializer of one's own, to be named in the `outputs` of a step.
 *
 * ```ts
 * const image = defineMaterializer<Image>({
 *   id: 'png',
 *   version: 1,
 *   save: (value, writer) => writer.writeFile('value.png', encodePng(value)),
 *   load: async (reader) => decodePng(await reader.readBytes('value.png')),
 * });
 * const render = step({ name: 'render', outputs: { image }, run: () => ({ image: draw() }) });
 * ```
 */
export function defineMaterializer<Value>(materializer: Materializer<Value>): Materializer<Value> {
  return materializer;
}

/** Tells a materializer from a schema: it has a `save`. */
export function isMaterializer(declaration: unknown): declaration is Materializer<unknown> {
  return typeof (declaration as { readonly save?: unknown } | null | undefined)?.save === 'function';
}
