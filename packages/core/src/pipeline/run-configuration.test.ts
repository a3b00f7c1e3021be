import { expect, test } from 'vitest';
import { ValidationError } from '../errors/issue.ts';
import { parseParamFlags, parseRunConfiguration } from './run-configuration.ts';

function issuesOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof ValidationError)
      return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw error;
  }
  return [];
}

test('a document with everything in it is a run configuration', () => {
  const document = {
    runName: 'nightly',
    params: { folds: 3 },
    failureMode: 'stop',
    cache: false,
    steps: { train: { params: { epochs: 3 }, settings: { retry: { attempts: 2 }, resources: { memory: '2Gi' } } } },
  };
  expect(parseRunConfiguration(document, 'run.yaml')).toEqual(document);
});

test('an empty document says nothing', () => {
  expect(parseRunConfiguration(null, 'run.yaml')).toEqual({});
});

test('everything that is wrong with a document is told at once, with what was probably meant', () => {
  const document = {
    stepps: {},
    runName: '',
    failureMode: 'ignore',
    cache: 'no',
    params: [1],
    steps: {
      train: { setings: {}, settings: { timeout: 3, timeoutMs: 2 ** 31, retry: { delayMs: -1 } } },
      load: 3,
    },
  };
  expect(issuesOf(() => parseRunConfiguration(document, 'run.yaml'))).toEqual([
    'stepps: is not known; did you mean "steps"?',
    'runName: must be text',
    'params: must be an object',
    'failureMode: must be one of stop, finish-running, continue',
    'cache: must be true or false',
    'steps.train.setings: is not known; did you mean "settings"?',
    'steps.train.settings.timeout: is no setting; did you mean "timeoutMs"?',
    'steps.train.settings.timeoutMs: must be at most 2147483647 milliseconds (24.8 days)',
    'steps.train.settings.retry.attempts: is missing',
    'steps.train.settings.retry.delayMs: must be a number of at least 0',
    'steps.load: must be an object with params and settings',
  ]);
  expect(issuesOf(() => parseRunConfiguration('train', 'run.yaml'))).toEqual([': must be an object']);
});

test('flags are kept as text until the schema of the step is known', () => {
  expect(parseParamFlags(['train.epochs=5', 'train.label=a=b', 'folds=', 'train.note=two\nlines'])).toEqual({
    'train.epochs': '5',
    'train.label': 'a=b',
    folds: '',
    'train.note': 'two\nlines',
  });
  expect(issuesOf(() => parseParamFlags(['epochs', '=3', 'a=1', '.x=1']))).toHaveLength(3);
});
