/** Stands for a step's output while a pipeline is being described. Its type parameter is the type of the output's value. */
export interface ArtifactHandle<Value> {
  readonly node: string;
  readonly output: string;
  /** Never set: carries the type. An output may be wired to an input of a wider type. */
  readonly value?: () => Value;
}

const marker: unique symbol = Symbol.for('mlstack.artifact-handle') as never;

export function createArtifactHandle<Value>(node: string, output: string): ArtifactHandle<Value> {
  return Object.defineProperty({ node, output }, marker, { value: true });
}

export function isArtifactHandle(value: unknown): value is ArtifactHandle<unknown> {
  return typeof value === 'object' && value !== null && marker in value;
}
