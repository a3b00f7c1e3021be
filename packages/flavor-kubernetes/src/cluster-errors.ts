import { MlstackError } from '@mlstack/core/flavor';
import type { ClusterApi } from './cluster-api.ts';
import { findExpiredCredential } from './credential-expiry.ts';
import { explainApiError, statusOf } from './kubernetes-api.ts';

export interface Explanation {
  /** What `doctor` looked at when it met it. */
  readonly subject: 'reachability' | 'certificate' | 'credentials' | 'permissions' | 'cluster';
  readonly reason: string;
  readonly hint: string;
}

/** The cluster could not be asked, or would not. */
export class ClusterError extends MlstackError {
  readonly code = 'KUBERNETES_FAILED';
  override readonly kind = 'failure' as const;

  constructor(what: string, { reason, hint }: Omit<Explanation, 'subject'>) {
    super(`Could not ${what}: ${reason}.`, { hint });
  }
}

/** Does something and says in a user's words why it failed. */
export async function telling<Answer>(
  api: Pick<ClusterApi, 'kubeConfig'>,
  what: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (MlstackError.is(error)) throw error;
    throw new ClusterError(what, explainClusterError(api, error));
  }
}

const newContext =
  'Correct the kubeconfig, or choose a context of it with `--context` (`kubectl config get-contexts`).';

/** Holds nothing of the kubeconfig but names and the server's address. */
export function explainClusterError({ kubeConfig }: Pick<ClusterApi, 'kubeConfig'>, error: unknown): Explanation {
  const status = statusOf(error);
  const user = kubeConfig.getCurrentUser();
  const server = showServer(kubeConfig.getCurrentCluster()?.server);
  if (status === 401) {
    return {
      subject: 'credentials',
      reason: `${server} does not accept user "${user?.name ?? ''}" of the kubeconfig${orNothing(', as ', findExpiredCredential(user))}`,
      hint: 'Log in to the cluster again, so that the kubeconfig has fresh credentials.',
    };
  }
  if (status === 403) {
    return {
      subject: 'permissions',
      reason: explainApiError(error),
      hint: 'Ask somebody who may for `mlstack stack up`, and for the role mlstack-driver that it makes.',
    };
  }
  if (status !== undefined) {
    return { subject: 'cluster', reason: explainApiError(error), hint: 'Look at the cluster, and try again.' };
  }
  const { code, message, syscall } = rootOf(error);
  const program: unknown = user?.exec?.command;
  if (program !== undefined && (syscall?.startsWith('spawn') === true || isPlain(error))) {
    const isMissing = syscall !== undefined;
    return {
      subject: 'credentials',
      reason: `${program}, which gives the credentials of user "${user?.name}", ${isMissing ? `cannot be started (${code})` : `fails: ${message.trim()}`}`,
      hint: isMissing
        ? 'Install what the kubeconfig names under `exec`, or put it on the PATH.'
        : 'Log in as that program asks, and try again.',
    };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code ?? '')) {
    return {
      subject: 'certificate',
      reason: `the certificate of ${server} is not accepted: ${message} (${code})`,
      hint: 'Get the kubeconfig of the cluster again, so that it has the right certificate authority.',
    };
  }
  const isSlow = error instanceof Error && error.name === 'TimeoutError';
  return {
    subject: 'reachability',
    reason: `${server} ${isSlow ? 'gives no answer' : `cannot be reached: ${message}`}`,
    hint: `Start the cluster, or look at the network. ${proxyHint()}${newContext}`,
  };
}

/** kubectl keeps to these variables, and the client does not. */
function proxyHint(): string {
  const name = ['HTTPS_PROXY', 'https_proxy'].find((variable) => (process.env[variable] ?? '') !== '');
  return name === undefined ? '' : `What ${name} says belongs into the kubeconfig, as proxy-url of the cluster. `;
}

/** The client gives what such a program wrote as an error of no other kind. */
function isPlain(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error && error.cause === undefined && !('code' in error);
}

function orNothing(before: string, text: string | undefined): string {
  return text === undefined ? '' : before + text;
}

/** Without a user and a password that somebody may have put there. */
function showServer(server: string | undefined): string {
  if (server === undefined || !URL.canParse(server)) return 'the API server';
  return `the API server ${new URL(server).origin}`;
}

interface SystemError {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
}

function rootOf(error: unknown): SystemError {
  if (!(error instanceof Error)) return { message: String(error) };
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return error.cause instanceof Error ? rootOf(error.cause) : (error as SystemError);
}
