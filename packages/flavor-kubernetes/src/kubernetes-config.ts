import type { StackRule } from '@mlstack/core/flavor';
import { z } from '@mlstack/core/flavor';

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().min(0).optional(),
});

/** What may differ from step to step. */
const podFields = {
  image: z.string().min(1).optional().describe('Image of the pods, with `node` in it; default: node:24-slim'),
  nodeSelector: z.record(z.string(), z.string()).optional().describe('Labels that a node must have'),
  tolerations: z.array(toleration).optional().describe('Taints of nodes that are no obstacle'),
  serviceAccount: z.string().min(1).optional().describe('Service account of the pods'),
  podEnv: z
    .record(z.string(), z.string())
    .optional()
    .describe('Plain environment variables of the pods; secrets go to the `env` of a step'),
  volumes: z
    .array(z.looseObject({ name: z.string().min(1), mountPath: z.string().startsWith('/') }))
    .optional()
    .describe('Volumes as in a pod spec, each with the mountPath where the step finds it'),
  podTemplate: z
    .looseObject({})
    .optional()
    .describe('Laid over the pod template of the Job; entries of lists with a name are matched by it'),
  ttlSeconds: z
    .int()
    .min(60)
    .optional()
    .describe('How long a finished Job stays whose driver does not come back; default: one day'),
};

export const kubernetesSettings = z.strictObject(podFields);

export const kubernetesConfig = z.strictObject({
  context: z.string().min(1).optional().describe('Context of the kubeconfig; default: the current one'),
  kubeconfig: z.string().min(1).optional().describe('Path of the kubeconfig; default: what kubectl would use'),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a name of Kubernetes: lower-case letters, digits, hyphens')
    .default('mlstack')
    .describe('Namespace of all that is made'),
  concurrency: z.int().min(1).max(10_000).default(100).describe('How many Jobs of a run exist at the same time'),
  startTimeoutMs: z
    .int()
    .min(1000)
    .default(900_000)
    .describe('How long a step may wait for its start, where it sets no startTimeoutMs itself'),
  imageTimeoutMs: z
    .int()
    .min(0)
    .default(90_000)
    .describe('How long pulling an image may fail before the step is refused'),
  apiTimeoutMs: z
    .int()
    .min(1000)
    .default(600_000)
    .describe('How long the API server may be unreachable before its steps count as lost'),
  lostNodeTimeoutMs: z
    .int()
    .min(0)
    .default(60_000)
    .describe('How long a node may not answer before the steps on it count as lost'),
  ...podFields,
});

export type KubernetesConfig = z.output<typeof kubernetesConfig>;
export type KubernetesSettings = z.output<typeof kubernetesSettings>;

/** Steps in pods read and write the artifact store and nothing else: they must reach it. */
export const reachableArtifactStore: StackRule = ({ components }) => {
  const store = components['artifact-store'];
  const capabilities = store?.capabilities;
  if (store === undefined || capabilities === undefined || !('supportedSchemes' in capabilities)) return [];
  const subject = `artifact store "${store.name}" (${store.flavor})`;
  const hint = 'Give the stack an artifact store that pods reach: mlstack stack update -a <an s3 store>.';
  if (capabilities.reach !== 'network') {
    return [{ path: ['artifact-store'], message: `pods cannot reach ${subject}: it lies on this machine`, hint }];
  }
  if (!capabilities.presignedUrls) {
    return [{ path: ['artifact-store'], message: `${subject} gives no presigned URLs to fetch code by`, hint }];
  }
  if (!(capabilities.delegation ?? []).some((way) => way === 'references' || way === 'identity')) {
    return [{ path: ['artifact-store'], message: `pods cannot be given access to ${subject}`, hint }];
  }
  return [];
};
