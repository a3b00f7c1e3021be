import { findDamagedArtifacts } from '../artifact/find-damaged-artifacts.ts';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { StepNode } from '../pipeline/plan.ts';
import type { RecordedOutput, RecordedOutputs } from './node-outputs.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { ErrorRecord } from './step-result.ts';

interface DamageNotesOptions {
  readonly artifactStore: ArtifactStore;
  readonly recorder: Pick<RunRecorder, 'add'>;
  readonly signal?: AbortSignal | undefined;
  /** As of the driver's loop. */
  post(happening: () => void): void;
}

/**
 * Where a step says that what it read was damaged, its inputs are read once more: what is damaged indeed is noted, so that no later run takes it
 * from the cache and fails likewise, and this one makes it again when it is resumed.
 */
export class DamageNotes {
  readonly #options: DamageNotesOptions;
  readonly #noted = new Set<string>();
  #underWay = 0;

  constructor(options: DamageNotesOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  examine(node: StepNode, inputs: RecordedOutputs, failure: ErrorRecord): void {
    if (!tellsOfDamage(failure)) return;
    const { artifactStore, signal, post } = this.#options;
    const entries = Object.entries(inputs).filter(([, { id }]) => !this.#noted.has(id));
    const artifacts = entries.map(([input, artifact]) => ({ ...artifact, input }));
    this.#underWay++;
    findDamagedArtifacts(artifactStore, artifacts, signal)
      .catch(() => [])
      .then((damaged) =>
        post(() => {
          this.#underWay--;
          for (const artifact of damaged) this.#note(node, artifact);
        }),
      );
  }

  #note(node: StepNode, { id, key, input }: RecordedOutput & { readonly input: string }): void {
    if (this.#noted.has(id)) return;
    this.#noted.add(id);
    const producer = node.inputs[input]?.node;
    const message = `Artifact ${id} of step "${producer}", input "${input}" of "${node.id}", is damaged where it lies: ${key} in artifact store "${this.#options.artifactStore.name}". It is made again when the run is resumed, and by the next run.`;
    this.#options.recorder.add({ kind: 'artifact-damaged', artifactId: id }, { kind: 'notice', message });
  }
}

function tellsOfDamage({ code, cause }: ErrorRecord): boolean {
  return code === 'OBJECT_CORRUPT' || (cause !== undefined && tellsOfDamage(cause));
}
