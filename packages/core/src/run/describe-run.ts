import type { PageOptions } from '../component/metadata-store.ts';
import type { FailureMode } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import { observeRun } from './observe-run-state.ts';
import { readRunsOnce, reasonWithName } from './reason-with-name.ts';
import type { LeaseHolder, NodeDetail, RunDetail, RunSummary, StackSnapshot } from './run-record.ts';
import { dependenciesOf } from './run-schedule.ts';
import type { ErrorRecord } from './step-result.ts';
import { useStack } from './use-stack.ts';

export interface NodeDescription extends NodeDetail {
  /** Ids of the nodes that it waits for. */
  readonly dependsOn: readonly string[];
}

export interface RunDescription extends RunSummary {
  readonly error?: ErrorRecord;
  readonly sourceFile: string;
  readonly codeDigest: string;
  readonly failureMode: FailureMode;
  readonly versions: Readonly<Record<string, string>>;
  readonly components: StackSnapshot['components'];
  /** Who drives it now. */
  readonly driver?: LeaseHolder & { readonly expiresAt: string };
  /** In plan order, as many as the page holds. */
  readonly steps: readonly NodeDescription[];
  /** Cursor of what comes after. */
  readonly next?: string;
}

/** @param page of its steps. Default limit: 200. */
export async function describeRun(project: Project, idOrName: string, page: PageOptions = {}): Promise<RunDescription> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const { record, lease, error, ...summary } = observeRun(await metadataStore.getRun(idOrName));
    const { items, next } = await metadataStore.listNodes(summary.id, { limit: 200, ...page });
    const planned = new Map(record.plan.nodes.map((node) => [node.id, node]));
    const readRun = readRunsOnce(metadataStore);
    const steps = await Promise.all(
      items.map(async ({ nodeId }) => {
        const detail = await metadataStore.getNode(summary.id, nodeId);
        const node = planned.get(nodeId);
        if (detail === undefined) return undefined;
        const reason = await reasonWithName(detail, readRun);
        return {
          ...detail,
          ...(reason === undefined ? {} : { reason }),
          dependsOn: node === undefined ? [] : dependenciesOf(node),
        };
      }),
    );
    return {
      ...summary,
      ...(error === undefined ? {} : { error }),
      sourceFile: record.sourceFile,
      codeDigest: record.plan.codeDigest,
      failureMode: record.plan.failureMode,
      versions: record.versions,
      components: record.stack.components,
      ...(lease === undefined ? {} : { driver: withoutEpoch(lease) }),
      steps: steps.filter((step) => step !== undefined),
      ...(next === undefined ? {} : { next }),
    };
  });
}

function withoutEpoch({ epoch: _, ...driver }: NonNullable<RunDetail['lease']>): NonNullable<RunDescription['driver']> {
  return driver;
}
