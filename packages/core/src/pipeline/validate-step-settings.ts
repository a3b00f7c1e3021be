import type { Issue } from '../errors/issue.ts';
import { nearestName } from '../nearest-name.ts';
import { parseBytes } from './parse-bytes.ts';
import type { StepSettings } from './plan.ts';

type Check = (value: unknown) => string | undefined;

const positiveInteger: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'must be a whole number above 0';
const notNegative: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? undefined : 'must be a number of at least 0';
/** What a timer of Node can wait for: 24.8 days. One that is longer would fire at once. */
const longestWaitMs = 2 ** 31 - 1;
const asWait =
  (check: Check): Check =>
  (value) =>
    check(value) ??
    ((value as number) > longestWaitMs ? `must be at most ${longestWaitMs} milliseconds (24.8 days)` : undefined);
const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be text');
const environmentNames: Check = (value) =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    ? undefined
    : 'must be a list of names of environment variables';
const vendorSettings: Check = (value) =>
  isRecord(value) &&
  Object.entries(value).every(([key, settings]) => /^[a-z-]+\/[a-z0-9-]+$/.test(key) && isRecord(settings))
    ? undefined
    : 'must have objects under `type/flavor`';
const bytes: Check = (value) =>
  parseBytes(value as string | number) === undefined ? 'must be bytes, as a number or as 512Mi, 4Gi, 2GB' : undefined;

const checks: Readonly<Record<string, Check | Readonly<Record<string, Check>>>> = {
  retry: {
    attempts: positiveInteger,
    delayMs: asWait(notNegative),
    backoff: notNegative,
    maximumDelayMs: asWait(notNegative),
  },
  timeoutMs: asWait(positiveInteger),
  startTimeoutMs: asWait(positiveInteger),
  resources: { cpu: notNegative, memory: bytes, gpu: notNegative },
  cache: boolean,
  cacheKey: text,
  stepOperator: boolean,
  env: environmentNames,
  vendor: vendorSettings,
} satisfies Record<keyof StepSettings, unknown>;

/** Settings come from TypeScript, but also from YAML and flags, where nobody has checked them. */
export function validateStepSettings(settings: StepSettings): readonly Issue[] {
  return check(settings, checks, []);
}

function check(value: unknown, wanted: typeof checks, path: readonly string[]): readonly Issue[] {
  if (!isRecord(value)) return [{ path, message: 'must be an object' }];
  return Object.entries(value).flatMap(([key, part]): readonly Issue[] => {
    if (part === undefined) return [];
    const known = Object.hasOwn(wanted, key) ? wanted[key] : undefined;
    if (known === undefined) {
      const nearest = nearestName(key, Object.keys(wanted));
      return [
        {
          path: [...path, key],
          message: `is no setting${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
        },
      ];
    }
    if (typeof known === 'object') {
      const missing =
        key === 'retry' && isRecord(part) && part.attempts === undefined
          ? [{ path: [...path, key, 'attempts'], message: 'is missing' }]
          : [];
      return [...missing, ...check(part, known, [...path, key])];
    }
    const message = known(part);
    return message === undefined ? [] : [{ path: [...path, key], message }];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
