import { MlstackError } from '@mlstack/core/flavor';
import { openComponent, openProject, openStack } from '@mlstack/core/project';
import { Command, Flags } from '@oclif/core';
import type { S3ArtifactStore } from '../s3-artifact-store.ts';
import type { S3Bucket } from '../s3-bucket.ts';
import type { S3Uri } from './s3-uri.ts';

const baseFlags = {
  component: Flags.string({
    summary: 'Artifact store to use instead of the one of the stack',
    helpValue: '<name>',
  }),
  project: Flags.string({
    summary: 'Project to use instead of the one you are in',
    helpGroup: 'GLOBAL',
    helpValue: '<folder>',
  }),
  stack: Flags.string({ summary: 'Stack to use instead of the active one', helpGroup: 'GLOBAL', helpValue: '<name>' }),
};

interface StoreFlags {
  readonly component?: string | undefined;
  readonly project?: string | undefined;
  readonly stack?: string | undefined;
}

/** Of the documents that `--json` prints. */
const jsonVersion = 1;

/** Works with the endpoint and the credentials of a registered store, in whatever bucket these give access to. */
export abstract class S3Command extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = baseFlags;

  /** Opens the store for as long as `work` takes. The signal is aborted by SIGINT and SIGTERM. */
  protected async withStore<Answer>(
    flags: StoreFlags,
    work: (store: S3ArtifactStore, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const interrupted = new AbortController();
    const interrupt = () => interrupted.abort(new InterruptedError());
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    const store = await openStore(flags, this.config.root);
    try {
      return await work(store, interrupted.signal);
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await store.close();
    }
  }

  override async catch(error: Error): Promise<never> {
    throw error;
  }

  override toSuccessJson(result: unknown): unknown {
    return { version: jsonVersion, ...(result as object) };
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }
}

/** What a URI says, or the place of the store where there is none. */
export function placeOf(
  store: S3ArtifactStore,
  uri: S3Uri | undefined,
): { readonly bucket: S3Bucket; readonly key: string } {
  if (uri === undefined) return { bucket: store.bucket, key: store.address.prefix };
  return { bucket: store.bucket.sibling(uri.bucket), key: uri.key };
}

/** @param host the folder of the command line's package: flavors that come with it are there, too. */
async function openStore({ component, project: directory, stack }: StoreFlags, host: string): Promise<S3ArtifactStore> {
  const [, program] = process.argv;
  const project = openProject({
    host: { directory: host, ...(program === undefined ? {} : { program }) },
    ...(directory === undefined ? {} : { directory }),
    ...(stack === undefined ? {} : { stack }),
  });
  const store =
    component === undefined
      ? await (await openStack(project)).component('artifact-store')
      : await openComponent(project, 'artifact-store', component);
  if (store.flavor === 's3') return store as S3ArtifactStore; // flavors have one implementation each
  await store.close();
  throw new NoS3StoreError(store.name, store.flavor, component === undefined);
}

class NoS3StoreError extends MlstackError {
  readonly code = 'S3_STORE_MISSING';

  constructor(name: string, flavor: string, isOfStack: boolean) {
    super(`The artifact store "${name}"${isOfStack ? ' of the stack' : ''} is of the flavor ${flavor}, not s3.`, {
      hint: 'Name one by --component, or a stack that has one by --stack.',
    });
  }
}

class InterruptedError extends MlstackError {
  readonly code = 'INTERRUPTED';
  override readonly kind = 'interrupted' as const;

  constructor() {
    super('It was interrupted.');
  }
}
