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
 * objects, else as it is; what cannot be read so stays text, and validation tells. A text with a reference stays text.
 */
export async function parseConfigEntries(flavor: Flavor, entries: readonly ConfigEntry[]): Promise<JsonObject> {
  const schema = await loadConfigSchema(flavor);
  const config: MutableObject = Object.create(null);
  for (const { key, text } of entries) {
    const path = key.split('.');
    let place = config;
    for (const part of path.slice(0, -1)) {
      const next = place[part];
      const inner: MutableObject =
        typeof next === 'object' && next !== null && !Array.isArray(next) ? { ...next } : Object.create(null);
      place[part] = inner;
      place = inner;
    }
    place[path.at(-1) as string] = readText(findFieldSchema(schema, path), text);
  }
  return structuredClone(config);
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
