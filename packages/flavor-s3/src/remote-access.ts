import type { RemoteAccess } from '@mlstack/core/flavor';

const hint =
  "Give the store keys that can travel: --accessKeyId='{{env.AWS_ACCESS_KEY_ID}}' --secretAccessKey='{{env.AWS_SECRET_ACCESS_KEY}}'.";

/** How pods get to a store with this config, as far as the config tells. */
export function s3RemoteAccess(config: Readonly<Record<string, unknown>>): RemoteAccess {
  const { endpoint, region, accessKeyId, secretAccessKey, profile } = config;
  if (typeof endpoint === 'string' && isLoopback(endpoint)) {
    return {
      by: 'nothing',
      reason: `has the endpoint ${endpoint}, which is each machine's name for itself`,
      hint: 'Give it an endpoint that is the same from everywhere: --endpoint=http://<address in the network>:<port>.',
    };
  }
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  if (hasKeys && endpoint === undefined && region === undefined) {
    return {
      by: 'nothing',
      reason: "takes its region from this machine's AWS configuration",
      hint: 'Say which it is: --region=eu-central-1.',
    };
  }
  if (hasKeys) return { by: 'references' };
  if (profile !== undefined) {
    return {
      by: 'nothing',
      reason: `goes by the profile ${String(profile)} of this machine's AWS configuration`,
      hint,
    };
  }
  return { by: 'identity', hint };
}

function isLoopback(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { hostname } = new URL(endpoint);
  return /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::(1|ffff:7f[\da-f]{2}:[\da-f]+)?\])$/.test(hostname);
}
