import type { LineageEdge, MetadataStore } from '../component/metadata-store.ts';
import { ArtifactNotFoundError } from '../errors/artifact-lookup-errors.ts';
import type { Project } from '../project/project.ts';
import { useStack } from '../run/use-stack.ts';
import type { ArtifactRecord } from './artifact-record.ts';

export interface ArtifactLineageOptions {
  /** `up`: what it was made from. `down`: what was made from it. Default `both`. */
  readonly direction?: 'up' | 'down' | 'both';
  /** How many steps away. Default 20. */
  readonly depth?: number;
  /** Most steps in the answer for each direction, nearest first. Default 200. */
  readonly limit?: number;
}

/** One execution of a step between artifacts. */
export interface LineageStep {
  readonly runId: string;
  readonly nodeId: string;
  readonly step: string;
  /** Artifact ids by input name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Artifact ids by output name. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface ArtifactLineage {
  readonly artifact: ArtifactRecord;
  readonly steps: readonly LineageStep[];
  /** Every artifact that a step of the answer names, by id. */
  readonly artifacts: Readonly<Record<string, ArtifactRecord>>;
  /** True where the limit or the depth left something out: ask again for an artifact at the edge. */
  readonly truncated: boolean;
}

/** From the records alone, along its edges: the cost does not grow with what else is recorded. */
export async function artifactLineage(
  project: Project,
  id: string,
  { direction = 'both', depth = 20, limit = 200 }: ArtifactLineageOptions = {},
): Promise<ArtifactLineage> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const artifact = await metadataStore.getArtifact(id);
    if (artifact === undefined) throw new ArtifactNotFoundError(id);
    const walk = new LineageWalk(metadataStore, artifact);
    if (direction !== 'down') await walk.follow('up', depth, limit);
    if (direction !== 'up') await walk.follow('down', depth, limit);
    return walk.result();
  });
}

/** Breadth first, each step and each artifact once. */
class LineageWalk {
  readonly #metadataStore: MetadataStore;
  readonly #artifact: ArtifactRecord;
  readonly #steps = new Map<string, LineageStep>();
  readonly #artifacts = new Map<string, ArtifactRecord>();
  #truncated = false;

  constructor(metadataStore: MetadataStore, artifact: ArtifactRecord) {
    this.#metadataStore = metadataStore;
    this.#artifact = artifact;
    this.#artifacts.set(artifact.id, artifact);
  }

  async follow(direction: 'up' | 'down', depth: number, limit: number): Promise<void> {
    const seen = new Set([this.#artifact.id]);
    let edge: readonly string[] = [this.#artifact.id];
    let left = limit;
    for (let distance = 0; edge.length > 0; distance++) {
      const next: string[] = [];
      for (const artifactId of edge) {
        for await (const { runId, nodeId } of this.#neighbours(direction, artifactId)) {
          const key = `${runId} ${nodeId}`;
          if (!this.#steps.has(key)) {
            if (left === 0 || distance >= depth) {
              this.#truncated = true;
              return;
            }
            left--;
          }
          const step = await this.#addStep(key, runId, nodeId);
          for (const id of Object.values(step === undefined ? {} : direction === 'up' ? step.inputs : step.outputs)) {
            if (seen.has(id)) continue;
            seen.add(id);
            next.push(id);
          }
        }
      }
      edge = next;
    }
  }

  result(): ArtifactLineage {
    return {
      artifact: this.#artifact,
      steps: [...this.#steps.values()],
      artifacts: Object.fromEntries(this.#artifacts),
      truncated: this.#truncated,
    };
  }

  /** The step that made an artifact, or those that read it. */
  async *#neighbours(
    direction: 'up' | 'down',
    artifactId: string,
  ): AsyncGenerator<Pick<LineageEdge, 'runId' | 'nodeId'>> {
    if (direction === 'up') {
      const artifact = this.#artifacts.get(artifactId);
      if (artifact !== undefined) yield artifact;
      return;
    }
    let cursor: string | undefined;
    do {
      const page = await this.#metadataStore.listReaders(artifactId, cursor === undefined ? {} : { cursor });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  async #addStep(key: string, runId: string, nodeId: string): Promise<LineageStep | undefined> {
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const node = await this.#metadataStore.getNode(runId, nodeId).catch(() => undefined);
    if (node === undefined) return undefined;
    const edges = await this.#metadataStore.listInputs(runId, nodeId);
    for (const { artifactId } of edges) await this.#addArtifact(artifactId);
    for (const output of Object.values(node.outputs)) this.#artifacts.set(output.id, output);
    const step: LineageStep = {
      runId,
      nodeId,
      step: node.step,
      inputs: Object.fromEntries(edges.map(({ input, artifactId }) => [input, artifactId])),
      outputs: Object.fromEntries(Object.entries(node.outputs).map(([name, output]) => [name, output.id])),
    };
    this.#steps.set(key, step);
    return step;
  }

  async #addArtifact(id: string): Promise<void> {
    if (this.#artifacts.has(id)) return;
    const artifact = await this.#metadataStore.getArtifact(id);
    if (artifact !== undefined) this.#artifacts.set(id, artifact);
  }
}
