import type { Issue } from '../errors/issue.ts';
import type { JsonValue } from '../json-value.ts';
import { nearestName } from '../nearest-name.ts';
import type { StepDefinition } from './step.ts';

type Path = readonly (string | number)[];

export interface GivenParams {
  readonly values: object;
  /** Laid over `values`: read as JSON where the schema takes that, else as text. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Parameters as the schema makes them, defaults included; what is wrong is added to `issues`. */
export function resolveParams(
  schema: StepDefinition['params'],
  { values, texts }: GivenParams,
  path: Path,
  issues: Issue[],
): JsonValue {
  const given: Record<string, unknown> = { ...values };
  for (const [key, text] of Object.entries(texts)) given[key] = readText(text);
  if (schema === undefined) {
    const problem =
      path.length > 1
        ? { message: 'the step has no parameters', hint: 'Remove it, or give the step a `params` schema.' }
        : {
            message: 'the pipeline has no parameters of its own',
            hint: 'Write `step.name` for the parameter of a step, or give the pipeline a `params` schema.',
          };
    for (const name of Object.keys(given)) issues.push({ path: [...path, name], ...problem });
    return {};
  }
  issues.push(...findUnknownKeys(schema, given, path));
  const parsed = parse(schema, given, texts);
  if ('issues' in parsed) {
    issues.push(...parsed.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
    return {};
  }
  const place = findNonJson(parsed.value, []);
  if (place === undefined) return JSON.parse(JSON.stringify(parsed.value)) as JsonValue;
  issues.push({
    path: [...path, ...place],
    message: 'is not JSON',
    hint: 'Parameters are kept in the plan: use strings, finite numbers, booleans, lists and objects.',
  });
  return {};
}

/** What a text is as JSON, or the text itself. */
function readText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Parsed = { readonly value: unknown } | { readonly issues: readonly { path: Path; message: string }[] };

function parse(
  schema: NonNullable<StepDefinition['params']>,
  given: Readonly<Record<string, unknown>>,
  texts: Readonly<Record<string, string>>,
): Parsed {
  try {
    let result = schema.safeParse(given);
    if (result.success) return { value: result.data };
    const refused = result.error.issues
      .map(({ path: [key] }) => String(key))
      .filter((key) => Object.hasOwn(texts, key) && typeof given[key] !== 'string');
    if (refused.length > 0) {
      const asText = schema.safeParse({ ...given, ...Object.fromEntries(refused.map((key) => [key, texts[key]])) });
      if (asText.success) return { value: asText.data };
      if (asText.error.issues.length < result.error.issues.length) result = asText;
    }
    return { issues: result.error.issues.map(({ path, message }) => ({ path: path as Path, message })) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { issues: [{ path: [], message: `cannot be checked, as the schema failed: ${message}` }] };
  }
}

/** Schemas drop what they do not know; a misspelt name must not be dropped. */
function findUnknownKeys(schema: object, given: object, path: Path): readonly Issue[] {
  const { shape, _zod } = schema as { shape?: object; _zod?: { def?: { catchall?: unknown } } };
  if (shape === undefined || _zod?.def?.catchall !== undefined) return [];
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(shape, name))
    .map((name) => {
      const nearest = nearestName(name, Object.keys(shape));
      return {
        path: [...path, name],
        message: `is no parameter${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
      };
    });
}

/** Path of the first part that JSON cannot say. Properties that are `undefined` are as good as absent. */
function findNonJson(value: unknown, path: Path): Path | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path;
  if (Array.isArray(value)) return findFirst(value.entries(), path);
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return findFirst(
      Object.entries(value).filter(([, item]) => item !== undefined),
      path,
    );
  return path;
}

function findFirst(entries: Iterable<[string | number, unknown]>, path: Path): Path | undefined {
  for (const [key, value] of entries) {
    const found = findNonJson(value, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
