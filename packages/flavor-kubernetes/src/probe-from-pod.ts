import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { ArtifactStore, DiagnosisContext, Finding } from '@mlstack/core/flavor';
import type { ClusterApi } from './cluster-api.ts';
import { createClusterApi } from './cluster-api.ts';
import { explainClusterError } from './cluster-errors.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';
import { containerName, labels } from './object-names.ts';
import { readPodRefusals } from './pod-refusals.ts';
import { readPodState } from './pod-state.ts';
import { defaultImage, describeStepJob } from './step-job.ts';

/** For a pod to be scheduled, to get its image and to ask the store. */
const probeMs = 90_000;
/** What is left of a probe whose process was killed ends by itself. */
const deadlineSeconds = 180;
const urlSeconds = 600;

/** What the pod says last, as its termination message. */
interface ProbeAnswer {
  readonly node: string;
  /** Of the artifact store; empty where it could be read. Absent where it was not asked. */
  readonly trouble?: string;
}

/** `bootstrap.mjs` of a pod that is like those of steps in everything else. */
const probeProgram = `import { readFileSync, writeFileSync } from 'node:fs';
const { url, text } = JSON.parse(readFileSync(new URL('./launch.json', import.meta.url), 'utf8'));
const answer = { node: process.versions.node };
if (url !== undefined) {
  try {
    const got = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    answer.trouble = !got.ok ? 'it answers ' + got.status : (await got.text()) === text ? '' : 'it gives other bytes than were stored';
  } catch (error) {
    answer.trouble = String(error.cause?.message ?? error.message).slice(0, 1000);
  }
}
writeFileSync('/dev/termination-log', JSON.stringify(answer));
`;

/** Starts a pod like those of steps, which tells whether its image can be had and whether it reaches the artifact store. */
export async function probeFromPod(
  cluster: KubernetesCluster,
  api: ClusterApi,
  context: DiagnosisContext,
): Promise<Finding[]> {
  const id = randomUUID();
  const key = `mlstack-doctor/${id}`;
  const { url, store, finding } = await prepareStore(context, key);
  const image = cluster.config.image ?? defaultImage;
  const job = describeProbe(cluster, id);
  const name = job.metadata?.name ?? '';
  try {
    await startProbe(api, job, JSON.stringify({ url, text: id }));
    const answer = await awaitAnswer(cluster, api, name, context.signal);
    if (!('node' in answer)) return [answer, ...finding];
    return [...checkImage(image, answer.node), ...checkStore(answer.trouble, store), ...finding];
  } catch (error) {
    context.signal.throwIfAborted();
    const { subject, reason, hint } = explainClusterError(api, error);
    return [{ level: 'problem', subject, message: `the pod of a probe could not be started: ${reason}`, fix: hint }];
  } finally {
    // The diagnosis may have been given up: what clears up goes by a signal of its own.
    await Promise.allSettled([removeProbe(cluster, name), store?.delete([key], { signal: AbortSignal.timeout(5000) })]);
  }
}

interface PreparedStore {
  readonly url?: string;
  readonly store?: ArtifactStore;
  readonly finding: readonly Finding[];
}

async function prepareStore({ artifactStore, signal }: DiagnosisContext, key: string): Promise<PreparedStore> {
  try {
    const store = await artifactStore();
    // First what needs no request: a store that gives no such URLs is left as it is.
    const url = await store.presign(key, { method: 'GET', expiresInSeconds: urlSeconds });
    const body = Buffer.from(key.slice(key.indexOf('/') + 1));
    await store.write(key, body, { size: body.length, signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]) });
    return { store, url, finding: [] };
  } catch (error) {
    signal.throwIfAborted();
    const message = `whether pods reach the artifact store was not tried: ${error instanceof Error ? error.message : error}`;
    return {
      finding: [
        { level: 'warning', subject: 'artifact store', message, fix: 'See what is said of the artifact store.' },
      ],
    };
  }
}

function describeProbe({ config, componentId }: KubernetesCluster, id: string): V1Job {
  const request = {
    runId: `doctor-${id}`,
    runName: 'doctor',
    pipeline: 'doctor',
    nodeId: 'probe',
    attempt: 1,
    role: 'step',
    outputPrefix: 'probe',
    node: { settings: {} },
  } as const;
  const scope = { runId: request.runId, componentId };
  const job = describeStepJob({ request, scope, config, settings: {}, secretName: `mlstack-doctor-${id}` });
  for (const metadata of [job.metadata, job.spec?.template.metadata])
    if (metadata !== undefined) metadata.labels = { ...metadata.labels, [labels.role]: 'probe' };
  return {
    ...job,
    spec: {
      template: { spec: null as never },
      ...job.spec,
      activeDeadlineSeconds: deadlineSeconds,
      ttlSecondsAfterFinished: 60,
    },
  };
}

/** The Secret, which holds a URL that is a credential, belongs to the Job and goes with it; so the Job is there first, and its pod waits. */
async function startProbe({ batch, core, namespace }: ClusterApi, job: V1Job, launch: string): Promise<void> {
  const { metadata } = await batch.createNamespacedJob({ namespace, body: job });
  const { name = '', uid = '' } = metadata ?? {};
  const secretName = job.spec?.template.spec?.volumes?.find(({ secret }) => secret !== undefined)?.secret?.secretName;
  await core.createNamespacedSecret({
    namespace,
    body: {
      metadata: {
        ...(secretName === undefined ? {} : { name: secretName }),
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
      },
      stringData: { 'bootstrap.mjs': probeProgram, 'launch.json': launch },
    },
  });
}

async function awaitAnswer(
  { config }: KubernetesCluster,
  api: ClusterApi,
  job: string,
  signal: AbortSignal,
): Promise<ProbeAnswer | Finding> {
  const { core, namespace } = api;
  const limitMs = Math.min(probeMs, config.startTimeoutMs);
  let reason = 'no pod was made';
  let imageFailsSince: number | undefined;
  for (const start = Date.now(); Date.now() - start < limitMs && !signal.aborted; await delay(400)) {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: `job-name=${job}` });
    const [pod] = items;
    if (pod === undefined) {
      const failure = (await readPodRefusals(api, namespace)).get(job);
      if (failure !== undefined)
        return trouble(
          'pods',
          `its pods cannot be made: ${failure}`,
          'Change what it names by `--serviceAccount` or `--podTemplate`, or ask who runs the cluster.',
        );
      continue;
    }
    const answer = parseAnswer(pod);
    if (answer !== undefined) return answer;
    const state = readPodState(pod);
    if (state.kind === 'ended') {
      const { cause } = state;
      const why = 'reason' in cause ? cause.reason : JSON.stringify(cause);
      return trouble('image', `a pod of it ended before it could say anything: ${why}`, imageFix);
    }
    if (state.kind !== 'waiting') continue;
    ({ reason } = state);
    imageFailsSince = state.imageFailure === undefined ? undefined : (imageFailsSince ?? Date.now());
    const isHopeless = state.imageFailure === 'never' || (imageFailsSince ?? Date.now()) + imageMs < Date.now();
    if (isHopeless) return trouble('image', `the image cannot be had: ${reason}`, imageFix);
  }
  if (signal.aborted) return trouble('pods', `a pod had not started when the time was over: ${reason}`, waitFix);
  return trouble('pods', `a pod did not start within ${Math.round(limitMs / 1000)} s: ${reason}`, waitFix);
}

/** A registry may be slow to answer once; an image that still fails after this is not there. */
const imageMs = 8000;
const imageFix =
  'Correct `--image`, which needs `node` in it, or give the pods what the registry asks for: imagePullSecrets in the `podTemplate`.';
const waitFix = 'Look at the nodes, and at the node selector, tolerations and volumes of the component.';

function trouble(subject: string, message: string, fix: string): Finding {
  return { level: 'problem', subject, message, fix };
}

function parseAnswer({ status }: V1Pod): ProbeAnswer | undefined {
  const state = status?.containerStatuses?.find(({ name }) => name === containerName)?.state;
  try {
    const answer = JSON.parse(state?.terminated?.message ?? '');
    return typeof answer.node === 'string' ? answer : undefined;
  } catch {
    return undefined;
  }
}

function checkImage(image: string, version: string): Finding[] {
  const [major] = version.split('.');
  const [own] = process.versions.node.split('.');
  if (major === own)
    return [{ level: 'ok', subject: 'image', message: `${image} can be had and brings Node ${version}` }];
  return [
    {
      level: 'warning',
      subject: 'image',
      message: `${image} brings Node ${version}, and this machine has ${process.versions.node}: the same step may give other bytes`,
      fix: 'Choose an image with the same major version of Node by `--image`.',
    },
  ];
}

function checkStore(answer: string | undefined, store: ArtifactStore | undefined): Finding[] {
  if (answer === undefined || store === undefined) return [];
  const subject = 'artifact store';
  if (answer === '') return [{ level: 'ok', subject, message: `pods reach ${store.name}` }];
  return [
    trouble(
      subject,
      `pods cannot reach artifact store ${store.name}: ${answer}`,
      'Give the store an address that is the same from this machine and from pods, and let the network policies of the namespace permit it.',
    ),
  ];
}

async function removeProbe({ config }: KubernetesCluster, name: string): Promise<void> {
  const { batch, namespace } = createClusterApi(config);
  await batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Background' });
}
