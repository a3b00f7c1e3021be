import { z } from '@mlstack/core/flavor';
import { imageName, labelKey, labelName, labelValue, objectName, quantity, variableName } from './kubernetes-names.ts';

const toleration = z.strictObject({
  key: labelKey.optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().min(0).optional(),
});

/** Where a pod has its launch document and its work: what is mounted over it would hide them. */
const ownFolder = /^\/mlstack(\/|$)/;

const volume = z.looseObject({
  name: labelName,
  mountPath: z
    .string()
    .startsWith('/', 'must be an absolute path')
    .refine((path) => !ownFolder.test(path), 'must not lie in /mlstack, where the step itself does'),
  emptyDir: z.looseObject({ sizeLimit: quantity.optional() }).optional(),
});

/** One without a name would take the place of the step's own. */
const container = z.looseObject({
  name: z.string({ error: 'must be given; the container of the step is called step' }).pipe(labelName),
  resources: z
    .looseObject({
      requests: z.record(z.string(), quantity).optional(),
      limits: z.record(z.string(), quantity).optional(),
    })
    .optional(),
});

/** Where mistakes in a pod template are common; the API server checks the rest. */
const checkedTemplate = z.looseObject({
  metadata: z
    .looseObject({
      labels: z.record(labelKey, labelValue).optional(),
      annotations: z.record(labelKey, z.string()).optional(),
    })
    .optional(),
  spec: z
    .looseObject({ containers: z.array(container).optional(), initContainers: z.array(container).optional() })
    .optional(),
});

/** As in a manifest; one field to those who set it. */
const podTemplate = z.looseObject({}).superRefine((template, context) => {
  for (const { path, message } of checkedTemplate.safeParse(template).error?.issues ?? [])
    context.addIssue({ code: 'custom', path, message });
});

/** What may differ from step to step. */
const podFields = {
  image: imageName.optional().describe('Image of the pods, with node in it; default: node:24-slim'),
  nodeSelector: z.record(labelKey, labelValue).optional().describe('Labels that a node must have'),
  tolerations: z.array(toleration).optional().describe('Taints of nodes that are no obstacle'),
  serviceAccount: objectName
    .optional()
    .describe('Service account of the pods, whose identity in the cloud they have; default: one without any rights'),
  podEnv: z
    .record(variableName, z.string())
    .optional()
    .describe('Plain environment variables of the pods; secrets go to the env of a step'),
  volumes: z
    .array(volume)
    .optional()
    .describe('Volumes as in a pod spec, each with the mountPath where the step finds it'),
  podTemplate: podTemplate
    .optional()
    .describe('Pod template laid over that of the Job: JSON, or @file; entries of lists with a name are matched by it'),
  ttlSeconds: z
    .int()
    .min(60)
    .max(2_592_000)
    .optional()
    .describe('How long a finished Job stays whose driver does not come back; default: one day'),
};

/** The longest that a timer of Node can wait. */
const longestMs = 2_147_483_647;

export const kubernetesSettings = z.strictObject(podFields);

export const kubernetesConfig = z.strictObject({
  context: z.string().min(1).optional().describe('Context of the kubeconfig; default: the current one'),
  kubeconfig: z.string().min(1).optional().describe('Path of the kubeconfig; default: what kubectl would use'),
  namespace: labelName.default('mlstack').describe('Namespace of all that is made'),
  concurrency: z.int().min(1).max(10_000).default(100).describe('How many Jobs of a run exist at the same time'),
  startTimeoutMs: z
    .int()
    .min(1000)
    .max(longestMs)
    .default(900_000)
    .describe('How long a step may wait for its start, where it sets no startTimeoutMs itself'),
  imageTimeoutMs: z
    .int()
    .min(0)
    .max(longestMs)
    .default(90_000)
    .describe('How long pulling an image may fail before the step is refused'),
  apiTimeoutMs: z
    .int()
    .min(1000)
    .max(longestMs)
    .default(600_000)
    .describe('How long the API server may be unreachable before its steps count as lost'),
  lostNodeTimeoutMs: z
    .int()
    .min(0)
    .max(longestMs)
    .default(60_000)
    .describe('How long a node may not answer before the steps on it count as lost'),
  ...podFields,
});

export type KubernetesConfig = z.output<typeof kubernetesConfig>;
export type KubernetesSettings = z.output<typeof kubernetesSettings>;
