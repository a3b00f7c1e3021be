import type { Issue } from '../errors/issue.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { quoteText } from '../name.ts';

/** Where a config refers to an environment variable: `{{env.NAME}}`, alone or within a longer text. */
export interface EnvironmentReference {
  readonly path: readonly (string | number)[];
  readonly variable: string;
}

const referencePattern = /\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

export function hasReference(text: string): boolean {
  return text.search(referencePattern) !== -1;
}

/** Every reference of a config, in the order of its fields. */
export function listReferences(config: JsonValue): EnvironmentReference[] {
  const references: EnvironmentReference[] = [];
  for (const { path, text } of walkTexts(config)) {
    for (const [, variable] of text.matchAll(referencePattern)) references.push({ path, variable: variable as string });
  }
  return references;
}

/** Braces that are no reference are mistakes: nothing would ever resolve them. */
export function validateReferences(config: JsonValue): Issue[] {
  const issues: Issue[] = [];
  for (const { path, text } of walkTexts(config)) {
    const rest = text.replaceAll(referencePattern, '');
    const wrong = /\{\{[^}]*\}?\}?/.exec(rest)?.[0];
    if (wrong === undefined) continue;
    issues.push({
      path,
      message: `${quoteText(wrong)} is no reference`,
      hint: 'A reference to an environment variable is written {{env.NAME}}.',
    });
  }
  return issues;
}

export interface ResolvedConfig {
  readonly config: JsonObject;
  /** What came out of references, one for each. */
  readonly values: readonly (EnvironmentReference & { readonly value: string })[];
  /** References to variables that are not set; the config is of no use then. */
  readonly missing: readonly EnvironmentReference[];
}

/** Puts the environment's values in the place of references. The result is for use in memory: it is never written. */
export function resolveReferences(
  config: JsonObject,
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedConfig {
  const references = listReferences(config);
  const valued = references.map((reference) => ({ ...reference, value: environment[reference.variable] }));
  return {
    config: mapTexts(config, (text) =>
      text.replaceAll(referencePattern, (_match, variable: string) => environment[variable] ?? ''),
    ) as JsonObject,
    values: valued.filter((one): one is typeof one & { value: string } => one.value !== undefined),
    missing: references.filter(({ variable }) => environment[variable] === undefined),
  };
}

function* walkTexts(
  value: JsonValue,
  path: readonly (string | number)[] = [],
): Generator<{ readonly path: readonly (string | number)[]; readonly text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* walkTexts(item, [...path, index]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* walkTexts(item, [...path, key]);
  }
}

function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, map)]));
}
