import { expect, test } from 'vitest';
import { ArtifactNotFoundError } from './artifact-lookup-errors.ts';
import { NodeNotFoundError, PipelineNotFoundError, RunNotFoundError } from './run-errors.ts';

const makers = {
  run: (name: string) => new RunNotFoundError(name),
  artifact: (name: string) => new ArtifactNotFoundError(name),
  pipeline: (name: string) => new PipelineNotFoundError(name, []),
  step: (name: string) => new NodeNotFoundError('run', name),
};

test.each(Object.entries(makers))('what is no name of a %s is shown in one line, and not whole', (_, make) => {
  expect(make('a\nb').message).toContain('"a\\nb"');
  expect(make('x'.repeat(10_000)).message.length).toBeLessThan(200);
});
