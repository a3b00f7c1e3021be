import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { StepNode } from '../pipeline/plan.ts';
import { toErrorRecord } from './error-record.ts';
import type { NodeOutputs, RecordedOutputs } from './node-outputs.ts';
import { idsOf, previewsOf } from './node-outputs.ts';
import type { RestoredRun } from './restore-run.ts';
import type { RunEvent } from './run-events.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { LauncherRole, RunSchedule } from './run-schedule.ts';
import { launcherOf } from './run-schedule.ts';
import type { CacheIdentity } from './step-cache.ts';
import { cacheIdentity, findInCache, isSameContent } from './step-cache.ts';
import type { Launch } from './step-executions.ts';

interface NodePreparationsOptions {
  readonly metadataStore: MetadataStore;
  readonly artifactStore: ArtifactStore;
  readonly restored?: RestoredRun;
  readonly schedule: RunSchedule;
  readonly outputs: NodeOutputs;
  readonly recorder: Pick<RunRecorder, 'add'>;
  /** As of the driver's loop. */
  post(happening: () => void): void;
  /** Nothing new is launched any more. */
  isHalted(): boolean;
  wait(launch: Launch): void;
  onCached(node: StepNode, outputs: RecordedOutputs): void;
}

/** Finds for nodes whose turn has come what they need: to run, or nothing, as the cache has it or a run that goes on has done it. */
export class NodePreparations {
  readonly #options: NodePreparationsOptions;
  readonly #lookups: Record<LauncherRole, number> = { orchestrator: 0, 'step-operator': 0 };
  /** Why nodes start over that had succeeded. */
  readonly #startedOver = new Map<string, string>();

  constructor(options: NodePreparationsOptions) {
    this.#options = options;
  }

  /** How many nodes of a launcher are looked up in the cache. */
  underWay(role: LauncherRole): number {
    return this.#lookups[role];
  }

  get isIdle(): boolean {
    return Object.values(this.#lookups).every((count) => count === 0);
  }

  prepare(node: StepNode): void {
    const { metadataStore, artifactStore, schedule, outputs, post, isHalted } = this.#options;
    const role = launcherOf(node);
    const inputs = outputs.inputsOf(node);
    if (schedule.isUnconfirmed(node.id)) {
      if (this.#confirm(node, inputs)) return;
      this.startOver(node.id, 'what it read was made again and is different now');
    }
    const identity = cacheIdentity(node, inputs);
    if ('uncached' in identity) {
      this.#wait(node, identity.uncached);
      return;
    }
    if (node.settings.cache === false) {
      this.#wait(node, 'the cache is off for it', identity);
      return;
    }
    this.#lookups[role]++;
    findInCache(identity, node, metadataStore, artifactStore)
      .catch((error: unknown) => ({ miss: `the cache could not be asked: ${toErrorRecord(error).message}` }))
      .then((lookup) =>
        post(() => {
          if (!isHalted() && 'hit' in lookup) {
            this.#takeFromCache(node, identity, lookup.hit, lookup.outputs);
            return;
          }
          this.#lookups[role]--;
          if (!isHalted() && 'miss' in lookup) this.#wait(node, lookup.miss, identity);
        }),
      );
  }

  /** Of a node that has succeeded: it waits again, and nothing it made counts. */
  startOver(nodeId: string, reason: string, event?: RunEvent): void {
    this.#startedOver.set(nodeId, reason);
    this.#options.schedule.set(nodeId, 'pending');
    this.#options.recorder.add({ kind: 'node-reset', nodeId, discardsSuccess: true }, event);
  }

  #wait(node: StepNode, reason: string, identity?: CacheIdentity): void {
    const why = this.#startedOver.get(node.id) ?? reason;
    this.#options.wait({ node, role: 'step', reason: why, ...(identity === undefined ? {} : { identity }) });
  }

  /** A node that has succeeded counts as it is recorded, where what it read was made again and is the same. */
  #confirm(node: StepNode, inputs: RecordedOutputs): boolean {
    const { restored, schedule, wait } = this.#options;
    const read = restored?.unconfirmed.get(node.id);
    if (restored === undefined || read === undefined || !isSameContent(read, inputs)) return false;
    schedule.set(node.id, schedule.state(node.id));
    for (const { nodeId, role } of restored.dueHooks) if (nodeId === node.id) wait({ node, role });
    return true;
  }

  /** The lookup is over once the store has taken the hit: until then its run may be deleted. */
  #takeFromCache(
    node: StepNode,
    { key, parts }: CacheIdentity,
    { runId, nodeId }: { readonly runId: string; readonly nodeId: string },
    found: RecordedOutputs,
  ): void {
    const { schedule, outputs, recorder, isHalted, onCached } = this.#options;
    const reason = `same code, parameters and inputs as in run ${runId}`;
    const inputs = idsOf(outputs.inputsOf(node));
    recorder.add(
      {
        kind: 'node-cached',
        nodeId: node.id,
        inputs,
        cacheKey: key,
        cacheParts: parts,
        from: { runId, nodeId },
        reason,
      },
      { kind: 'node-ended', nodeId: node.id, state: 'cached', previews: previewsOf(found), reason },
      {
        early: false,
        act: () => {
          this.#lookups[launcherOf(node)]--;
          schedule.set(node.id, 'cached');
          onCached(node, found);
        },
        refuse: () => {
          this.#lookups[launcherOf(node)]--;
          if (!isHalted()) this.prepare(node);
        },
      },
    );
  }
}
