import { ValidationError } from '../errors/issue.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { hasReference } from '../secret/secret-reference.ts';
import type { ConfigSchema } from './config-schema.ts';
import { findFieldSchema, loadConfigSchema } from './config-schema.ts';
import type { Flavor } from './define-flavor.ts';

/** One setting as text, as a command line gives it. */
export interface ConfigEntry {
  /** With dots for nested fields: `retry.attempts`. */
  readonly key: string;
  readonly text: string;
}

/**
 * Makes a config of texts. The schema says how a text is read: as a number, as `true` or `false`, as JSON for lists and
 * objects, else as it is; what cannot be read so stays text, and validation tells. A text with a reference stays text. A list is given
 * as JSON or element by element, any other field once.
 */
export async function parseConfigEntries(flavor: Flavor, entries: readonly ConfigEntry[]): Promise<JsonObject> {
  const schema = await loadConfigSchema(flavor);
  const config: MutableObject = Object.create(null);
  const given = Map.groupBy(entries, ({ key }) => key);
  const isList = (key: string) => fieldTypes(findFieldSchema(schema, key.split('.')) ?? {}).includes('array');
  const repeated = [...given].filter(([key, { length }]) => length > 1 && !isList(key));
  if (repeated.length > 0) {
    const issues = repeated.map(([key]) => ({ path: key.split('.'), message: 'is given more than once' }));
    throw new ValidationError('What is given', issues);
  }
  for (const [key, texts] of given) {
    const path = key.split('.');
    let place = config;
    for (const part of path.slice(0, -1)) {
      const next = place[part];
      const inner: MutableObject =
        typeof next === 'object' && next !== null && !Array.isArray(next) ? { ...next } : Object.create(null);
      place[part] = inner;
      place = inner;
    }
    const field = findFieldSchema(schema, path);
    const values = texts.map(({ text }) => readText(field, text));
    place[path.at(-1) as string] = isList(key) ? readList(field, values) : (values[0] as JsonValue);
  }
  return structuredClone(config);
}

/** Of what was meant as JSON and is none, validation tells. */
function readList(field: ConfigSchema | undefined, values: readonly JsonValue[]): JsonValue {
  const [only = null] = values;
  const isElement = typeof only === 'string' && !only.startsWith('[') && fieldTypes(field ?? {}).length === 1;
  if (values.length === 1 && !isElement) return only;
  return values.flatMap((value) => (typeof value === 'string' ? [readText(field?.items, value)] : value));
}

type MutableObject = { [key: string]: JsonValue };

function readText(field: ConfigSchema | undefined, text: string): JsonValue {
  if (field === undefined || hasReference(text)) return text;
  for (const type of fieldTypes(field)) {
    if (type === 'string') return text;
    const value = parseJson(text);
    const found = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    if (value !== undefined && (found === type || (type === 'integer' && found === 'number'))) return value;
  }
  return text;
}

/** A field that takes text as well is given text last: `5` is a number where a number will do. */
function fieldTypes(field: ConfigSchema): string[] {
  const own = [field.type ?? (field.enum ?? [field.const]).map((value) => typeof value)].flat();
  const inner = [...(field.anyOf ?? []), ...(field.oneOf ?? []), ...(field.allOf ?? [])].flatMap(fieldTypes);
  const types = new Set([...own, ...inner]);
  return [...types].sort((one, other) => Number(one === 'string') - Number(other === 'string'));
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
