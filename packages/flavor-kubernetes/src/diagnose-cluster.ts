import type { DiagnosisContext, Finding } from '@mlstack/core/flavor';
import { MlstackError } from '@mlstack/core/flavor';
import { findDeniedPermissions, formatPermissions } from './cluster-access.ts';
import type { ClusterApi } from './cluster-api.ts';
import { createClusterApi } from './cluster-api.ts';
import type { Explanation } from './cluster-errors.ts';
import { explainClusterError } from './cluster-errors.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';
import { driverName } from './namespace-objects.ts';
import { probeFromPod } from './probe-from-pod.ts';
import { findNamespace } from './provision-namespace.ts';

/** The first minor version whose pods say that they were disrupted, and by what. */
const leastMinor = 26;

/** Finds out by trying what works and what does not, from the kubeconfig to a pod that reaches the artifact store. Leaves nothing behind. */
export async function diagnoseCluster(cluster: KubernetesCluster, context: DiagnosisContext): Promise<Finding[]> {
  let api: ClusterApi;
  try {
    api = createClusterApi(cluster.config, context.signal);
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return [{ level: 'problem', subject: 'context', message: error.message, fix: error.hint ?? newContext }];
  }
  const findings: Finding[] = [...checkContext(cluster, api)];
  if (findings.some(({ level }) => level === 'problem')) return findings;
  try {
    findings.push(...(await findVersion(api)));
    const missing = await findMissingNamespace(api);
    if (missing !== undefined) return [...findings, missing];
    const denied = await findDenied(api);
    if (denied !== undefined) return [...findings, denied];
  } catch (error) {
    context.signal.throwIfAborted();
    return [...findings, explained(explainClusterError(api, error))];
  }
  findings.push({ level: 'ok', subject: 'permissions', message: `a run may do all that it needs in ${api.namespace}` });
  return [...findings, ...(await probeFromPod(cluster, api, context))];
}

function checkContext(cluster: KubernetesCluster, { kubeConfig }: ClusterApi): Finding[] {
  if (cluster.config.context !== undefined) return [];
  const current = kubeConfig.getCurrentContext();
  try {
    cluster.requireSameContext(current);
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return [{ level: 'problem', subject: 'context', message: error.message, fix: error.hint ?? newContext }];
  }
  return [
    {
      level: 'warning',
      subject: 'context',
      message: `it follows the current context of the kubeconfig, which is ${current}`,
      fix: `Tie it to that: --context=${current}.`,
    },
  ];
}

const newContext = 'Choose another context with `--context`.';

function explained({ subject, reason, hint }: Explanation): Finding {
  return { level: 'problem', subject, message: reason, fix: hint };
}

async function findVersion({ kubeConfig, version }: ClusterApi): Promise<Finding[]> {
  const { major, minor, gitVersion } = await version.getCode();
  const server = new URL(kubeConfig.getCurrentCluster()?.server ?? '').host;
  const reached: Finding = {
    level: 'ok',
    subject: 'reachability',
    message: `context ${kubeConfig.getCurrentContext()}: ${server} answers, Kubernetes ${gitVersion}`,
  };
  if (Number.parseInt(major, 10) > 1 || Number.parseInt(minor, 10) >= leastMinor) return [reached];
  return [
    reached,
    {
      level: 'warning',
      subject: 'version',
      message: `Kubernetes ${gitVersion} is older than 1.${leastMinor}: why a pod was lost may not be told`,
      fix: `Use a cluster of version 1.${leastMinor} or newer.`,
    },
  ];
}

async function findMissingNamespace(api: ClusterApi): Promise<Finding | undefined> {
  const { namespace } = api;
  const found = await findNamespace(api);
  if (found === 'there') return undefined;
  return found === 'absent'
    ? {
        level: 'problem',
        subject: 'namespace',
        message: `namespace ${namespace} does not exist`,
        fix: 'Run `mlstack stack up`, or let somebody who may make namespaces run it.',
      }
    : {
        level: 'problem',
        subject: 'namespace',
        message: `namespace ${namespace} is being deleted`,
        fix: 'Wait until it is gone and run `mlstack stack up`.',
      };
}

async function findDenied(api: ClusterApi): Promise<Finding | undefined> {
  const { namespace, kubeConfig } = api;
  const denied = await findDeniedPermissions(api);
  if (denied.length === 0) return undefined;
  const user = kubeConfig.getCurrentUser()?.name ?? '';
  return {
    level: 'problem',
    subject: 'permissions',
    message: `user "${user}" of the kubeconfig may not, in namespace ${namespace}: ${formatPermissions(denied)}`,
    fix: `Let somebody who may run \`mlstack stack up\`, and bind you to the role that it makes: kubectl create rolebinding NAME --namespace=${namespace} --role=${driverName} --user=USER.`,
  };
}
