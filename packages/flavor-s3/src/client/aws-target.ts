import { partition } from '@aws-sdk/core/client';
import {
  CONFIG_PREFIX_SEPARATOR,
  loadConfig,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
  NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS,
  NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
} from '@smithy/core/config';
import type { S3Config } from '../artifact-store.ts';
import { RegionMissingError } from '../s3-errors.ts';
import type { S3Target } from './s3-target.ts';

/** What the AWS configuration says, its environment and files: region, and the endpoint where it names one. */
export async function resolveAwsTarget({ region, profile, forcePathStyle = false }: S3Config): Promise<S3Target> {
  const files = profile === undefined ? {} : { profile };
  const wanted = region ?? (await loadConfig(regionOptions, { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...files })());
  const named = await loadConfig<string>(endpointOptions, files)();
  const endpoint = new URL(named === '' ? `https://${await hostOf(wanted, files)}` : named);
  return { region: wanted, endpoint, isPathStyle: forcePathStyle };
}

async function hostOf(region: string, files: { readonly profile?: string }): Promise<string> {
  const [isDualStack, isFips] = await Promise.all([
    loadConfig(NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS, files)(),
    loadConfig(NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS, files)(),
  ]);
  const { dnsSuffix } = partition(region);
  return `s3${isFips ? '-fips' : ''}${isDualStack ? '.dualstack' : ''}.${region}.${dnsSuffix}`;
}

const regionOptions: typeof NODE_REGION_CONFIG_OPTIONS = {
  ...NODE_REGION_CONFIG_OPTIONS,
  default: () => {
    throw new RegionMissingError();
  },
};

/** As the SDK's clients of S3 read it. */
const endpointOptions: Parameters<typeof loadConfig<string>>[0] = {
  environmentVariableSelector: (env) =>
    env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true' ? '' : env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL,
  configFileSelector: (profile, config) => {
    const services = config?.[`services${CONFIG_PREFIX_SEPARATOR}${profile.services}`];
    return services?.[`s3${CONFIG_PREFIX_SEPARATOR}endpoint_url`] ?? profile.endpoint_url;
  },
  default: '',
};
