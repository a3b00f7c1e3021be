import { defineFlavor, z } from '@mlstack/core/flavor';

/** Steps in worker processes of this machine. */
export const localOrchestrator = defineFlavor({
  type: 'orchestrator',
  name: 'local',
  contractVersion: 1,
  summary: 'Steps in processes of this machine',
  config: () =>
    z.strictObject({
      concurrency: z
        .int()
        .min(1)
        .max(1024)
        .optional()
        .describe('How many steps run at the same time; default: one for each processor'),
      isolation: z
        .enum(['worker', 'in-process'])
        .default('worker')
        .describe('`in-process` runs steps in the driver itself, one at a time, for debugging'),
    }),
  capabilities: { reach: 'machine' },
  implementation: async () => (await import('./orchestrator/local-orchestrator.ts')).LocalOrchestrator,
});
