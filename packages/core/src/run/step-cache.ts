import { hash } from 'node:crypto';
import type { ArtifactRecord, StoredArtifact } from '../artifact/artifact-record.ts';
import { findMissingFile } from '../artifact/find-missing-file.ts';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { JsonValue } from '../json-value.ts';
import type { StepNode } from '../pipeline/plan.ts';
import type { NodeDetail } from './run-record.ts';

/** What a step's result depends on. Two executions with equal keys give equal results, as far as anybody can tell. */
export interface CacheIdentity {
  readonly key: string;
  /**
   * What the key is made of, by name, short values as they are and others hashed: `step`, `code`, `parameter <name>`,
   * `input <name>`, `output <name>`.
   */
  readonly parts: Readonly<Record<string, string>>;
}

const longestPlainValue = 64;

/** `{ uncached }` says why this step has no identity. */
export function cacheIdentity(
  node: StepNode,
  inputs: Readonly<Record<string, Content>>,
): CacheIdentity | { readonly uncached: string } {
  const parts: Record<string, string> = { step: node.step };
  if (node.settings.cacheKey !== undefined) parts.code = `cacheKey ${node.settings.cacheKey}`;
  else if ('uncached' in node.fingerprint) return node.fingerprint;
  else parts.code = node.fingerprint.sha256;
  for (const [name, value] of sortedEntries(parameterParts(node.params))) parts[`parameter ${name}`] = shorten(value);
  for (const [name, input] of sortedEntries(inputs)) parts[`input ${name}`] = contentOf(input);
  for (const [name, { materializer }] of sortedEntries(node.outputs)) {
    parts[`output ${name}`] = materializer === undefined ? 'built-in' : `${materializer.id}@${materializer.version}`;
  }
  return { key: hash('sha256', JSON.stringify(parts)), parts };
}

export type CacheLookup =
  | { readonly hit: NodeDetail; readonly outputs: Readonly<Record<string, ArtifactRecord>> }
  /** Why there is none, in a few words. */
  | { readonly miss: string };

/** A hit counts only in this artifact store, and only if every byte of it is there. */
export async function findInCache(
  identity: CacheIdentity,
  node: StepNode,
  metadataStore: MetadataStore,
  artifactStore: ArtifactStore,
): Promise<CacheLookup> {
  const hit = await metadataStore.findCached(identity.key, artifactStore.id);
  if (hit === undefined) return { miss: 'nothing in the cache has the same code, parameters and inputs' };
  const outputs = Object.entries(hit.outputs);
  if (outputs.length !== Object.keys(node.outputs).length) return { miss: 'the cached result has other outputs' };
  for (const [name, artifact] of outputs) {
    if (!Object.hasOwn(node.outputs, name)) return { miss: 'the cached result has other outputs' };
    if (artifact.storeId !== artifactStore.id) return { miss: 'the cached result lies in another artifact store' };
  }
  const missing = await Promise.all(
    outputs.map(async ([name, artifact]) => ({ name, key: await findMissingFile(artifactStore, artifact) })),
  );
  const gone = missing.find(({ key }) => key !== undefined);
  return gone === undefined
    ? { hit, outputs: hit.outputs }
    : { miss: `the bytes of the cached output "${gone.name}" are gone from the artifact store` };
}

/** Of two sets of artifacts, by name, whether each gives the same value. */
export function isSameContent(one: ContentsByName, other: ContentsByName): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => {
      const [before, after] = [one[name], other[name]];
      return before !== undefined && after !== undefined && contentOf(before) === contentOf(after);
    })
  );
}

type Content = Pick<StoredArtifact, 'sha256' | 'materializer'>;
type ContentsByName = Readonly<Record<string, Content | undefined>>;

/** Equal bytes that another materializer reads give another value. */
function contentOf({ sha256, materializer }: Content): string {
  return `${sha256} ${materializer.id}@${materializer.version}`;
}

function parameterParts(params: JsonValue): Readonly<Record<string, JsonValue>> {
  if (typeof params === 'object' && params !== null && !Array.isArray(params)) {
    return params as Readonly<Record<string, JsonValue>>;
  }
  return params === undefined ? {} : { value: params };
}

function shorten(value: JsonValue): string {
  const text = JSON.stringify(sortKeys(value)) ?? 'undefined';
  return text.length <= longestPlainValue ? text : `sha256 ${hash('sha256', text)}`;
}

function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    sortedEntries(value as Readonly<Record<string, JsonValue>>).map(([key, entry]) => [key, sortKeys(entry)]),
  );
}

function sortedEntries<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}
