import { defineFlavor, parseBytes, z } from '@mlstack/core/flavor';

/** Each step in a process of its own. */
export const localStepOperator = defineFlavor({
  type: 'step-operator',
  name: 'local',
  contractVersion: 1,
  summary: "Each step in a process of its own on this machine, with the step's memory limit",
  config: () =>
    z.strictObject({
      concurrency: z
        .int()
        .min(1)
        .max(1024)
        .optional()
        .describe('How many steps run at the same time; default: one for each processor'),
      memory: z
        .string()
        .refine((text) => parseBytes(text) !== undefined, 'is no amount of memory: write 512Mi, 4Gi or 2GB')
        .optional()
        .describe('Memory limit of steps that ask for none themselves: 512Mi, 4Gi'),
    }),
  capabilities: { reach: 'machine' },
  implementation: async () => (await import('./orchestrator/local-step-operator.ts')).LocalStepOperator,
});
