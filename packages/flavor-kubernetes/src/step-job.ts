import type { V1Job, V1PodTemplateSpec, V1ResourceRequirements, V1Toleration, V1Volume } from '@kubernetes/client-node';
import type { RequestHead, StepRequest } from '@mlstack/core/flavor';
import { parseBytes } from '@mlstack/core/flavor';
import type { KubernetesConfig, KubernetesSettings } from './kubernetes-config.ts';
import { mergeTemplate } from './merge-template.ts';
import type { RunScope } from './object-names.ts';
import { annotations, containerName, jobName, labelsOf } from './object-names.ts';

export const defaultImage = 'node:24-slim';
export const defaultTtlSeconds = 86_400;
/** From a signal to force where nobody says how long, in seconds. */
const terminationGraceSeconds = 15;
/** Beyond a step's own timeout, which the program in the pod keeps: for pulling the image and storing what it said, in seconds. */
const deadlineSlackSeconds = 900;

const launchVolume = 'mlstack-launch';
const launchFolder = '/mlstack/launch';
const workFolder = '/mlstack/work';

/** What of a request shows in its Job. */
export type JobRequest = Pick<
  StepRequest,
  'runId' | 'runName' | 'pipeline' | 'nodeId' | 'attempt' | 'role' | 'outputPrefix'
> & { readonly node: Pick<StepRequest['node'], 'settings'> };

export interface StepJobOptions {
  readonly request: JobRequest;
  readonly scope: RunScope;
  readonly config: KubernetesConfig;
  readonly settings: KubernetesSettings;
  /** With `bootstrap.mjs`, `launch.json` and `env.json`. */
  readonly secretName: string;
}

/** The Job of one attempt. Pure; nothing in it is secret. The driver alone tries again, so it never does. */
export function describeStepJob({ request, scope, config, settings, secretName }: StepJobOptions): V1Job {
  const { runId, runName, pipeline, nodeId, attempt, role, node } = request;
  const name = jobName(request, scope.componentId);
  const metadata = {
    labels: labelsOf(scope, 'step'),
    annotations: {
      [annotations.runId]: runId,
      [annotations.runName]: runName,
      [annotations.pipeline]: pipeline,
      [annotations.node]: nodeId,
      [annotations.attempt]: String(attempt),
      [annotations.execution]: role,
    },
  };
  const { timeoutMs } = node.settings;
  const chosen = { ...config, ...withoutUndefined(settings) };
  const volumes = chosen.volumes ?? [];
  const template: V1PodTemplateSpec = {
    metadata,
    spec: {
      restartPolicy: 'Never',
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: terminationGraceSeconds,
      ...(chosen.serviceAccount === undefined ? {} : { serviceAccountName: chosen.serviceAccount }),
      nodeSelector: { 'kubernetes.io/os': 'linux', ...chosen.nodeSelector },
      ...(timeoutMs === undefined ? {} : { activeDeadlineSeconds: Math.ceil(timeoutMs / 1000) + deadlineSlackSeconds }),
      tolerations: [
        ...['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: Math.ceil(config.lostNodeTimeoutMs / 1000),
        })),
        ...(chosen.tolerations ?? []).map((toleration) => withoutUndefined(toleration) as V1Toleration),
      ],
      containers: [
        {
          name: containerName,
          image: chosen.image ?? defaultImage,
          command: ['node', `${launchFolder}/bootstrap.mjs`],
          args: [JSON.stringify(headOf(request)), workFolder],
          env: Object.entries({ TMPDIR: workFolder, ...chosen.podEnv }).map(([key, value]) => ({ name: key, value })),
          resources: describeResources(request),
          volumeMounts: [
            { name: launchVolume, mountPath: launchFolder, readOnly: true },
            { name: 'mlstack-work', mountPath: workFolder },
            ...volumes.map(({ name: volume, mountPath }) => ({ name: volume, mountPath })),
          ],
        },
      ],
      volumes: [
        { name: launchVolume, secret: { secretName } },
        { name: 'mlstack-work', emptyDir: {} },
        ...volumes.map(({ mountPath: _, ...volume }) => volume as V1Volume),
      ],
    },
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ...metadata },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: chosen.ttlSeconds ?? defaultTtlSeconds,
      // A manifest over a manifest is one; the API server says where it is not.
      template: (chosen.podTemplate === undefined
        ? template
        : mergeTemplate({ ...template }, chosen.podTemplate)) as V1PodTemplateSpec,
    },
  };
}

/** The Secret that a Job's pods need; undefined for Jobs of another making. */
export function secretNameOf({ spec }: V1Job): string | undefined {
  return spec?.template.spec?.volumes?.find(({ name }) => name === launchVolume)?.secret?.secretName;
}

/** The `outputPrefix` of the request that a Job executes; undefined for Jobs of another making. */
export function outputPrefixOf({ spec }: V1Job): string | undefined {
  return readHead(spec?.template ?? {})?.outputPrefix;
}

/** What of its request a pod, or the template of one, was given; undefined for those of another making. */
export function readHead({ spec }: Pick<V1PodTemplateSpec, 'spec'>): Partial<RequestHead> | undefined {
  const [head = ''] = spec?.containers.find(({ name }) => name === containerName)?.args ?? [];
  try {
    return (JSON.parse(head) as Partial<RequestHead> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function headOf({ runId, nodeId, attempt, outputPrefix, node }: JobRequest): RequestHead {
  const { timeoutMs, resources } = node.settings;
  const settings = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(resources === undefined ? {} : { resources }),
  };
  return { runId, nodeId, attempt, outputPrefix, node: { settings } };
}

/** Requests and limits are the same, so that a step gets what it asks for and is told its limit; more processor time than it asked for is free. */
function describeResources({ node }: JobRequest): V1ResourceRequirements {
  const { cpu, memory, gpu } = node.settings.resources ?? {};
  const bytes = memory === undefined ? undefined : parseBytes(memory);
  const hard = {
    ...(bytes === undefined ? {} : { memory: String(bytes) }),
    ...(gpu === undefined ? {} : { 'nvidia.com/gpu': String(gpu) }),
  };
  return { requests: { ...(cpu === undefined ? {} : { cpu: String(cpu) }), ...hard }, limits: hard };
}

function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Value;
}
