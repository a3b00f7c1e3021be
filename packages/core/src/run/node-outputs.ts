import type { StoredArtifact } from '../artifact/artifact-record.ts';
import type { StepNode } from '../pipeline/plan.ts';

/** An output as it is recorded. */
export type RecordedOutput = StoredArtifact & { readonly id: string; readonly storeId: string };
export type RecordedOutputs = Readonly<Record<string, RecordedOutput>>;

/** What nodes made that others have still to read. Forgets what nobody will read any more. */
export class NodeOutputs {
  readonly #outputs = new Map<string, { readonly outputs: RecordedOutputs; unread: number }>();

  add(nodeId: string, outputs: RecordedOutputs, readers: number): void {
    if (readers > 0) this.#outputs.set(nodeId, { outputs, unread: readers });
  }

  /** What a node reads, by input name. */
  inputsOf(node: StepNode): RecordedOutputs {
    return Object.fromEntries(
      Object.entries(node.inputs).map(([input, { node: producer, output }]) => {
        const found = this.#outputs.get(producer)?.outputs[output];
        if (found === undefined) throw new RangeError(`Node "${producer}" has no output "${output}" for "${node.id}".`);
        return [input, found];
      }),
    );
  }

  /** One of those that wait for this node will not read it any more. */
  release(nodeId: string): void {
    const entry = this.#outputs.get(nodeId);
    if (entry !== undefined && --entry.unread <= 0) this.#outputs.delete(nodeId);
  }
}

/** Without what only the metadata store knows. */
export function toStoredArtifact(output: RecordedOutput): StoredArtifact {
  const { key, layout, size, sha256, materializer, preview } = output;
  return { key, layout, size, sha256, materializer, preview };
}

export function idsOf(outputs: RecordedOutputs): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { id }]) => [name, id]));
}

export function previewsOf(outputs: RecordedOutputs): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { preview }]) => [name, preview]));
}
