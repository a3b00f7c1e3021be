import type { S3Config } from '../artifact-store.ts';
import { RoleError } from '../s3-errors.ts';
import { TimedRetryStrategy } from './retry-strategy.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Failures are told where they end up, in a user's words. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Credentials that run out are renewed this long before. */
const renewalMs = 5 * 60_000;

/**
 * The credentials of a store: its own, those of the environment, or what the standard AWS chain finds, which is loaded for that alone. They are
 * kept until they run out.
 */
export class CredentialSource {
  readonly #config: S3Config;
  readonly #region: string;
  #provider: Promise<() => Promise<Credentials>> | undefined;
  #current: Promise<Credentials> | undefined;
  #expiration: Date | undefined;

  /** @param region of the bucket: roles are assumed there. */
  constructor(config: S3Config, region: string) {
    this.#config = config;
    this.#region = region;
  }

  get(): Promise<Credentials> {
    const isOld = this.#expiration !== undefined && this.#expiration.getTime() - Date.now() < renewalMs;
    if (this.#current !== undefined && !isOld) return this.#current;
    this.#expiration = undefined;
    const current = this.#ask();
    this.#current = current;
    current.then(
      ({ expiration }) => {
        this.#expiration = expiration;
      },
      () => {
        if (this.#current === current) this.#current = undefined;
      },
    );
    return current;
  }

  async #ask(): Promise<Credentials> {
    this.#provider ??= this.#createProvider();
    return await (await this.#provider)();
  }

  async #createProvider(): Promise<() => Promise<Credentials>> {
    const { profile, roleArn, externalId, endpoint, retrySeconds } = this.#config;
    const own = ownKeys(this.#config);
    if (roleArn === undefined) {
      const given = own ?? (profile === undefined ? environmentKeys() : undefined);
      if (given !== undefined) return async () => given;
    }
    const { fromIni, fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
    const region = this.#region;
    if (roleArn === undefined) {
      const chosen = profile === undefined ? {} : { profile };
      return fromNodeProviderChain({ ...chosen, clientConfig: { region }, logger: silent });
    }
    const master = own ?? (profile === undefined ? undefined : fromIni({ profile }));
    // By AWS, or by the server that speaks its protocol.
    const assumeRole = fromTemporaryCredentials({
      params: {
        RoleArn: roleArn,
        RoleSessionName: 'mlstack',
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
      ...(master === undefined ? {} : { masterCredentials: master }),
      clientConfig: {
        retryStrategy: new TimedRetryStrategy(retrySeconds * 1000),
        ...(endpoint === undefined ? {} : { endpoint }),
        region,
      },
    });
    return async () =>
      await assumeRole().catch((error: unknown) => {
        throw new RoleError(roleArn, error);
      });
  }
}

function ownKeys({ accessKeyId, secretAccessKey, sessionToken }: S3Config): Credentials | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** As the first link of the chain finds them, which a profile switches off. */
function environmentKeys(): Credentials | undefined {
  const {
    AWS_PROFILE: profile,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_CREDENTIAL_EXPIRATION: expiration,
  } = process.env;
  if (profile || !accessKeyId || !secretAccessKey || expiration) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
