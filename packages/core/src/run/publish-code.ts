import { bundleExecutor } from '../bundle/bundle-executor.ts';
import { bundleFlavor } from '../bundle/bundle-flavor.ts';
import { hashText } from '../bundle/content-hash.ts';
import { packBundle } from '../bundle/pack-bundle.ts';
import type { ArtifactStore } from '../component/artifact-store.ts';
import { CodeNotPublishedError } from '../errors/bundle-errors.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { bundlePrefix, runtimePrefix } from './output-keys.ts';
import type { CodePart } from './remote-launch.ts';
import type { StepRequest } from './step-request.ts';

export interface PublishCodeOptions {
  readonly metadataStoreId: string;
  readonly artifactStore: ArtifactStore;
  readonly stateDirectory: string;
  bundleDirectory(digest: string): string;
}

/**
 * Puts what executes a request on a machine without mlstack into the artifact store, where it is not there yet: the user's code, this
 * core, the flavor of the artifact store. Asks the store once for each part. Fails with an `MlstackError`, so that launchers can tell it
 * from failures of their platform.
 */
export async function publishCode(request: StepRequest, options: PublishCodeOptions): Promise<readonly CodePart[]> {
  try {
    return await publishParts(request, options);
  } catch (error) {
    throw MlstackError.is(error) ? error : new CodeNotPublishedError(options.artifactStore.name, error);
  }
}

async function publishParts(
  { code, components }: StepRequest,
  { metadataStoreId, artifactStore, stateDirectory, bundleDirectory }: PublishCodeOptions,
): Promise<readonly CodePart[]> {
  const publish = async (name: CodePart['name'], prefix: string, directory: string): Promise<CodePart> => {
    const packed = await packBundle(directory);
    const sha256 = hashText(packed);
    const key = `${prefix}${sha256}.pack`;
    const found = await artifactStore.stat(key);
    if (found?.size !== packed.length) await artifactStore.write(key, packed, { size: packed.length });
    return { name, key, sha256, packed };
  };
  const runtime = runtimePrefix(metadataStoreId);
  const [executor, flavor] = await Promise.all([
    bundleExecutor({ stateDirectory }),
    bundleFlavor(components.artifactStore.source, { stateDirectory }),
  ]);
  return await Promise.all([
    publish('code', bundlePrefix(metadataStoreId, code.digest), bundleDirectory(code.digest)),
    publish('executor', runtime, executor.directory),
    publish('artifact-store', runtime, flavor.directory),
  ]);
}
