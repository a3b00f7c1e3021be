import { MlstackError } from '../errors/mlstack-error.ts';
import { componentLabel, LocationInUseError } from '../errors/stack-errors.ts';
import { isMarked, loadConfigSchema } from '../flavor/config-schema.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent, RegistryDocument } from '../project/registry-document.ts';
import { buildComponent, referenceTo } from '../stack/open-stack.ts';

/** Fails with `LocationInUseError` where a field that says where data lies differs and records point there, or where that cannot be told. */
export async function assertLocationsFree(
  project: Project,
  document: RegistryDocument,
  before: RegisteredComponent,
  after: RegisteredComponent,
): Promise<void> {
  const moved = await findMovedFields(project, before, after);
  if (moved.length === 0) return;
  const stores =
    before.type === 'metadata-store'
      ? [before]
      : before.type === 'artifact-store'
        ? document.components.filter(({ type }) => type === 'metadata-store')
        : [];
  for (const store of stores) {
    const records = await countRecords(project, store, before);
    if (records !== undefined) throw new LocationInUseError(before.type, before.name, moved, records);
  }
}

async function findMovedFields(
  project: Project,
  before: RegisteredComponent,
  after: RegisteredComponent,
): Promise<string[]> {
  const flavor = await project.flavors.load(after.type, after.flavor);
  const { properties = {} } = await loadConfigSchema(flavor);
  return Object.entries(properties)
    .filter(([name, field]) => {
      const [from, to] = [before, after].map(({ config }) => JSON.stringify(config[name] ?? field.default));
      return isMarked(field, 'location') && from !== to;
    })
    .map(([name]) => name);
}

/** What points at `subject` in a metadata store, in words; nothing where nothing does. */
async function countRecords(
  project: Project,
  store: RegisteredComponent,
  subject: RegisteredComponent,
): Promise<string | undefined> {
  const label = componentLabel('metadata-store', store.name);
  try {
    const reference = { ...referenceTo(project, store), type: 'metadata-store' as const };
    const metadata = await buildComponent(project, reference);
    try {
      if ((await metadata.status()).state === 'not-provisioned') return undefined;
      if (subject.type === 'metadata-store') {
        const { items } = await metadata.listRuns({ limit: 1 });
        return items.length === 0 ? undefined : 'runs are recorded there';
      }
      const artifacts = await metadata.countArtifacts(subject.id);
      return artifacts === 0 ? undefined : `${artifacts} artifacts of ${label} lie there`;
    } finally {
      await metadata.close();
    }
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return `${label} could not tell whether records point there (${error.message})`;
  }
}
