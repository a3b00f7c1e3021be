import { randomUUID } from 'node:crypto';
import type { LeaseHolder, NewRun, RunChange } from '@mlstack/core/flavor';

type PlanNode = NewRun['plan']['nodes'][number];
export type NodeEnded = Extract<RunChange, { kind: 'node-ended' }>;

export const artifactStoreId = '7d3c1f0e-0000-4000-8000-000000000001';
export const holder: LeaseHolder = { host: 'here', boot: 'boot-1', pid: 1, processStart: '1' };
export const otherHolder: LeaseHolder = { host: 'there', boot: 'boot-2', pid: 2, processStart: '2' };
export const ttlMs = 60_000;

export function sampleNode(id: string, inputs: PlanNode['inputs'] = {}): PlanNode {
  return {
    kind: 'step',
    id,
    step: id,
    inputs,
    after: [],
    params: { rate: 0.5 },
    outputs: { output: {} },
    singleOutput: true,
    settings: {},
    fingerprint: { sha256: 'f'.repeat(64) },
    hooks: [],
  };
}

/** `load` → `train` → `test`, and whatever else is asked for. */
export function sampleRun(
  options: {
    readonly name?: string;
    readonly pipeline?: string;
    readonly stack?: string;
    readonly codeDigest?: string;
    readonly storeId?: string;
    readonly nodes?: readonly PlanNode[];
  } = {},
): NewRun {
  const id = randomUUID();
  const nodes = options.nodes ?? [
    sampleNode('load'),
    sampleNode('train', { data: { node: 'load', output: 'output' } }),
    sampleNode('test', { model: { node: 'train', output: 'output' }, data: { node: 'load', output: 'output' } }),
  ];
  return {
    id,
    name: options.name ?? `run-${id}`,
    plan: {
      formatVersion: 1,
      pipeline: options.pipeline ?? 'digits',
      export: 'default',
      codeDigest: options.codeDigest ?? 'c'.repeat(64),
      failureMode: 'continue',
      params: { text: 'ünï "quoted"', list: [1, null, true] },
      nodes,
    },
    configuration: { params: { text: 'x' } },
    stack: {
      name: options.stack ?? 'default',
      components: [
        {
          id: options.storeId ?? artifactStoreId,
          type: 'artifact-store',
          name: 'default',
          flavor: 'local',
          source: { kind: 'module', file: '/store.ts', export: 'store' },
          config: { path: '{{env.STORE}}' },
        },
      ],
    },
    versions: { mlstack: '0.1.0', node: '24.0.0' },
    sourceFile: 'pipeline.ts',
  };
}

export function sampleOutput(key: string, storeId = artifactStoreId): NodeEnded['outputs'][string] {
  return {
    id: randomUUID(),
    storeId,
    key,
    layout: 'file',
    size: 3_000_000_000_000,
    sha256: 'a'.repeat(64),
    materializer: { id: 'json', version: 1 },
    preview: 'Array(3)',
  };
}

export function nodeStarted(
  nodeId: string,
  inputs: Readonly<Record<string, string>> = {},
  cacheKey = `key-of-${nodeId}`,
): RunChange {
  return {
    kind: 'node-started',
    nodeId,
    attempt: 1,
    inputs,
    cacheKey,
    cacheParts: { code: 'abc' },
    reason: 'first run',
  };
}

export function nodeSucceeded(nodeId: string, outputs: NodeEnded['outputs']): RunChange {
  return {
    kind: 'node-ended',
    nodeId,
    attempt: 1,
    state: 'succeeded',
    outputs,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.500Z',
    cpuMs: 12.5,
    peakMemoryBytes: 1_000_000,
    metadata: { accuracy: 0.97 },
    logChunks: 2,
  };
}
