import type { Issue } from '../errors/issue.ts';
import { ValidationError } from '../errors/issue.ts';
import { quoteText } from '../name.ts';
import { nearestName } from '../nearest-name.ts';
import { mergeSettings } from './merge-settings.ts';
import type { FailureMode, RunConfiguration, StepSettings } from './plan.ts';
import { validateStepSettings } from './validate-step-settings.ts';

const failureModes: readonly FailureMode[] = ['stop', 'finish-running', 'continue'];
const keys = ['runName', 'params', 'failureMode', 'cache', 'steps'];

/**
 * Checks what a configuration file says: `{runName, params, failureMode, cache, steps: {name: {params, settings}}}`.
 *
 * @param source how the file is named in the error. @throws ValidationError with all issues at once.
 */
export function parseRunConfiguration(document: unknown, source: string): RunConfiguration {
  const issues: Issue[] = [];
  if (document === null || document === undefined) return {};
  if (!isRecord(document)) throw new ValidationError(source, [{ path: [], message: 'must be an object' }]);
  for (const key of Object.keys(document))
    if (!keys.includes(key)) issues.push({ path: [key], message: `is not known${suggestion(key, keys)}` });
  const { runName, params, failureMode, cache, steps } = document;
  if (runName !== undefined && (typeof runName !== 'string' || runName === ''))
    issues.push({ path: ['runName'], message: 'must be text' });
  if (params !== undefined && !isRecord(params)) issues.push({ path: ['params'], message: 'must be an object' });
  if (failureMode !== undefined && !failureModes.includes(failureMode as FailureMode))
    issues.push({ path: ['failureMode'], message: `must be one of ${failureModes.join(', ')}` });
  if (cache !== undefined && typeof cache !== 'boolean')
    issues.push({ path: ['cache'], message: 'must be true or false' });
  if (steps !== undefined && !isRecord(steps)) issues.push({ path: ['steps'], message: 'must be an object' });
  for (const [name, step] of Object.entries(isRecord(steps) ? steps : {})) {
    if (!isRecord(step)) {
      issues.push({ path: ['steps', name], message: 'must be an object with params and settings' });
      continue;
    }
    for (const key of Object.keys(step))
      if (key !== 'params' && key !== 'settings')
        issues.push({ path: ['steps', name, key], message: `is not known${suggestion(key, ['params', 'settings'])}` });
    if (step.params !== undefined && !isRecord(step.params))
      issues.push({ path: ['steps', name, 'params'], message: 'must be an object' });
    if (step.settings !== undefined)
      issues.push(
        ...validateStepSettings(step.settings as StepSettings).map((issue) => ({
          ...issue,
          path: ['steps', name, 'settings', ...issue.path],
        })),
      );
  }
  if (issues.length > 0) throw new ValidationError(source, issues);
  return document as RunConfiguration;
}

/** Lays one configuration over another: field by field, parameter by parameter, setting by setting. */
export function mergeRunConfigurations(base: RunConfiguration, over: RunConfiguration): RunConfiguration {
  const names = new Set([...Object.keys(base.steps ?? {}), ...Object.keys(over.steps ?? {})]);
  const steps = [...names].map((name) => {
    const [below, above] = [base.steps?.[name], over.steps?.[name]];
    return [
      name,
      { params: { ...below?.params, ...above?.params }, settings: mergeSettings([below?.settings, above?.settings]) },
    ] as const;
  });
  return {
    ...base,
    ...over,
    ...(base.params || over.params ? { params: { ...base.params, ...over.params } } : {}),
    ...(steps.length > 0 ? { steps: Object.fromEntries(steps) } : {}),
  };
}

/** Turns `step.key=value` (or `key=value` for the pipeline's own) into `paramTexts`. @throws ValidationError with all issues at once. */
export function parseParamFlags(flags: readonly string[]): Readonly<Record<string, string>> {
  const issues = flags
    .filter((flag) => !/^[A-Za-z][^=]*=/s.test(flag))
    .map((flag) => ({
      path: ['--param'],
      message: `${quoteText(flag)} is not of the form step.key=value`,
      hint: 'Write it as --param train_model.epochs=10.',
    }));
  if (issues.length > 0) throw new ValidationError('The command line', issues);
  return Object.fromEntries(flags.map((flag) => [flag.slice(0, flag.indexOf('=')), flag.slice(flag.indexOf('=') + 1)]));
}

function suggestion(key: string, candidates: readonly string[]): string {
  const nearest = nearestName(key, candidates);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
