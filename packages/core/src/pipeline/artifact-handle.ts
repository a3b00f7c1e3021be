import { OutputUsedTooEarlyError } from './pipeline-errors.ts';

/** Stands for a step's output while a pipeline is being described. Its type parameter is the type of the output's value. */
export interface ArtifactHandle<Value> {
  readonly node: string;
  readonly output: string;
  /** Never set: carries the type. An output may be wired to an input of a wider type. */
  readonly value?: (() => Value) | undefined;
}

const marker: unique symbol = Symbol.for('mlstack.artifact-handle') as never;

/** @param call the recorded call that makes the output. */
export function createArtifactHandle<Value>(node: string, output: string, call: object): ArtifactHandle<Value> {
  return Object.defineProperties(
    { node, output },
    { [marker]: { value: call }, [Symbol.toPrimitive]: { value: refuseUse.bind(undefined, node, output) } },
  );
}

export function isArtifactHandle(value: unknown): value is ArtifactHandle<unknown> {
  return typeof value === 'object' && value !== null && marker in value;
}

/** The recorded call that a handle is an output of: handles of other pipelines may have the same node. */
export function callOf(handle: ArtifactHandle<unknown>): object {
  return (handle as ArtifactHandle<unknown> & { readonly [marker]: object })[marker];
}

/** A handle that is compared, added or put into text would silently mean nothing. */
function refuseUse(node: string, output: string): never {
  throw new OutputUsedTooEarlyError(node, output);
}
