import type { z } from 'zod';
import type { ArtifactStoreCapabilities } from '../component/artifact-store.ts';
import type { Issue } from '../errors/issue.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import { redactedText } from '../secret/redact.ts';
import { hasReference, listReferences, validateReferences } from '../secret/secret-reference.ts';
import type { ConfigSchema } from './config-schema.ts';
import { findFieldSchema, isMarked, loadConfigSchema, redactConfig } from './config-schema.ts';
import type { Flavor } from './define-flavor.ts';

/**
 * Everything that is wrong with a config as it is written down. Fields that hold references are exempt from their type's
 * checks: the whole schema is applied when references have been resolved.
 */
export async function validateComponentConfig(flavor: Flavor, config: JsonObject): Promise<Issue[]> {
  const schema = await loadConfigSchema(flavor);
  const referencePaths = listReferences(config).map(({ path }) => path);
  const own = [
    ...validateReferences(config),
    ...validateKeys(schema, config, []),
    ...validateSensitiveFields(schema, config, []),
    ...validateStoreScheme(flavor, config),
  ];
  const told = new Set(own.map(({ path }) => JSON.stringify(path)));
  const result = await flavor.config.safeParseAsync(config);
  const typed = schemaIssues(result.error)
    .filter(({ issue, code }) => !isExempt(issue.path, code, referencePaths))
    .map(({ issue }) => issue)
    .filter(({ path }) => !told.has(JSON.stringify(path)));
  return [...own, ...typed];
}

/**
 * The form in which a valid config is stored: as given, with the defaults of fields that say where data lies, so that another
 * version of the flavor with another default does not look elsewhere.
 */
export async function fixLocations(flavor: Flavor, config: JsonObject): Promise<JsonObject> {
  const { properties = {} } = await loadConfigSchema(flavor);
  const defaults = Object.entries(properties)
    .filter(([name, field]) => isMarked(field, 'location') && field.default !== undefined && !(name in config))
    .map(([name, field]) => [name, field.default as JsonValue]);
  return { ...config, ...Object.fromEntries(defaults) };
}

/** For people: what is sensitive and not a reference is replaced. Without a flavor, as when its package is gone, every text is. */
export async function redactComponentConfig(flavor: Flavor | undefined, config: JsonObject): Promise<JsonObject> {
  const show = (value: JsonValue): JsonValue =>
    typeof value === 'string' && hasReference(value) ? value : redactedText;
  if (flavor !== undefined) return redactConfig(await loadConfigSchema(flavor), config, show);
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, show(value)]));
}

/** Issues of a whole config, after references were resolved. */
export function parseIssues(error: z.ZodError | undefined): Issue[] {
  return schemaIssues(error).map(({ issue }) => issue);
}

/** `path` of an artifact store has a scheme that its flavor supports. One that begins with a reference is judged when it is resolved. */
export function validateStoreScheme(flavor: Flavor, config: JsonObject): Issue[] {
  const { path } = config;
  if (flavor.type !== 'artifact-store' || typeof path !== 'string' || path.startsWith('{{')) return [];
  const { supportedSchemes } = flavor.capabilities as ArtifactStoreCapabilities;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(path)?.[1]?.toLowerCase() ?? 'file';
  if (supportedSchemes.includes(scheme)) return [];
  const supported = supportedSchemes.map((one) => (one === 'file' ? 'a path' : `${one}://…`)).join(' or ');
  const given = scheme === 'file' ? 'a plain path' : `${scheme}://`;
  return [
    {
      path: ['path'],
      message: `${given} is not what flavor "${flavor.name}" can store in: it takes ${supported}`,
      hint: 'Change the path, or choose the flavor that fits it with --flavor.',
    },
  ];
}

function validateKeys(schema: ConfigSchema, value: JsonValue, path: readonly (string | number)[]): Issue[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const child = findFieldSchema(schema, [index]);
      return child === undefined ? [] : validateKeys(child, item, [...path, index]);
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  const known = schema.properties;
  return Object.entries(value).flatMap(([key, item]): Issue[] => {
    if (key.startsWith('_')) {
      return [{ path: [...path, key], message: 'begins with "_": such fields exist in memory only and cannot be set' }];
    }
    const child = findFieldSchema(schema, [key]);
    if (child !== undefined) return validateKeys(child, item, [...path, key]);
    if (known === undefined || schema.additionalProperties === true) return [];
    if (typeof schema.additionalProperties === 'object') return [];
    const hint = suggestName(key, Object.keys(known));
    return [
      {
        path: [...path, /^[\w.-]{1,60}$/.test(key) ? key : quoteText(key)],
        message: 'is not a field of this flavor',
        ...(hint === undefined ? {} : { hint }),
      },
    ];
  });
}

function validateSensitiveFields(schema: ConfigSchema, value: JsonValue, path: readonly (string | number)[]): Issue[] {
  const field = findFieldSchema(schema, path);
  if (path.length > 0 && field !== undefined && isMarked(field, 'sensitive')) {
    if (value === null || (typeof value === 'string' && hasReference(value))) return [];
    const variable = String(path.at(-1))
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .replace(/\W/g, '_')
      .toUpperCase();
    return [
      {
        path,
        message:
          value === redactedText
            ? 'was left out where this came from, since it is secret'
            : 'is secret and would be stored in clear, where others and backups can read it',
        hint: `Put it into an environment variable and refer to that: {{env.${variable}}}.`,
      },
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, item]) => validateSensitiveFields(schema, item, [...path, key]));
}

function isExempt(
  path: readonly (string | number)[],
  code: string,
  referencePaths: readonly (readonly (string | number)[])[],
): boolean {
  const judgesWhole = code === 'custom' || code === 'invalid_union';
  return referencePaths.some((reference) => isPrefix(reference, path) || (judgesWhole && isPrefix(path, reference)));
}

function isPrefix(prefix: readonly (string | number)[], path: readonly (string | number)[]): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => key === path[index]);
}

function schemaIssues(error: z.ZodError | undefined): { issue: Issue; code: string }[] {
  return (error?.issues ?? [])
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map(({ path, message, code, ...facts }) => {
      const isMissing = 'input' in facts ? facts.input === undefined : /received undefined$/.test(message);
      const keys = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
      return {
        code,
        issue: {
          path: keys,
          message: code === 'invalid_type' && isMissing ? 'is required' : lowerFirst(message),
          ...(code === 'invalid_type' && isMissing ? { hint: `Add --${keys.join('.')}=…` } : {}),
        },
      };
    });
}

function lowerFirst(message: string): string {
  const text = message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '');
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
