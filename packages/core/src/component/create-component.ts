import { join } from 'node:path';
import { FlavorLoadError } from '../errors/flavor-errors.ts';
import { ValidationError } from '../errors/issue.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { ReferenceUnresolvedError } from '../errors/project-errors.ts';
import { componentLabel } from '../errors/stack-errors.ts';
import { parseIssues, validateStoreScheme } from '../flavor/component-config.ts';
import { isMarkedAt, loadConfigSchema } from '../flavor/config-schema.ts';
import type { ComponentContracts, Flavor } from '../flavor/define-flavor.ts';
import { loadFlavor, sourceLabel } from '../flavor/load-flavor.ts';
import { stateDirectoryName } from '../project/find-project.ts';
import type { ComponentReference, ResolvedReference } from '../run/step-request.ts';
import { SecretValues } from '../secret/redact.ts';
import { resolveReferences } from '../secret/secret-reference.ts';
import type { ComponentType } from './component-types.ts';
import type { ComponentContext } from './stack-component.ts';
import { StackComponent } from './stack-component.ts';

export interface CreateComponentOptions {
  /** What `{{env.NAME}}` is taken from. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Learns every value that a reference gave, but for those that say where data lies. */
  readonly secrets?: SecretValues;
}

/**
 * Builds the instance that a reference describes: loads its flavor, resolves its references, applies the whole schema, unless that was
 * done elsewhere. Does no I/O beyond imports. Fails with `FlavorLoadError`, `ReferenceUnresolvedError` or `ValidationError`.
 */
export async function createComponent<Type extends ComponentType>(
  reference: ResolvedReference & { readonly type: Type },
  context: ComponentContext,
  options: CreateComponentOptions = {},
): Promise<ComponentContracts[Type]> {
  const { id, type, name, flavor: flavorName, source } = reference;
  const { projectDirectory } = context;
  const flavor = await loadFlavor(
    source,
    { type, name: flavorName },
    projectDirectory === undefined ? {} : { stateDirectory: join(projectDirectory, stateDirectoryName) },
  );
  const config = reference.resolvedConfig ?? (await resolveConfig(flavor, reference, options));
  const Implementation = await importImplementation(flavor, sourceLabel(source));
  const component = new Implementation({ id, name, type, flavor: flavorName, config, context });
  if (!StackComponent.is(component)) {
    throw new FlavorLoadError(
      sourceLabel(source),
      `its implementation is no ${type}`,
      'Let the class extend the base class of its type from @mlstack/core/flavor.',
    );
  }
  return component as ComponentContracts[Type]; // the flavor is of this type
}

async function resolveConfig(
  flavor: Flavor,
  { type, name, config }: ComponentReference,
  { environment = process.env, secrets = new SecretValues() }: CreateComponentOptions,
): Promise<object> {
  const subject = componentLabel(type, name);
  const { config: resolved, values, missing } = resolveReferences(config, environment);
  if (values.length > 0) {
    const schema = await loadConfigSchema(flavor);
    for (const { path, value } of values) if (!isMarkedAt(schema, path, 'location')) secrets.add(value);
  }
  if (missing.length > 0) {
    throw new ReferenceUnresolvedError(
      subject,
      missing.map(({ path, variable }) => ({ field: path.join('.'), variable })),
    );
  }
  const result = await flavor.config.safeParseAsync(resolved);
  const issues = result.success ? validateStoreScheme(flavor, resolved) : parseIssues(result.error);
  if (!result.success || issues.length > 0) {
    throw new ValidationError(
      subject,
      issues.map((issue) => ({ ...issue, message: secrets.redact(issue.message) })),
    );
  }
  return result.data;
}

async function importImplementation(flavor: Flavor, label: string): ReturnType<Flavor['loadImplementation']> {
  let implementation: unknown;
  try {
    implementation = await flavor.loadImplementation();
  } catch (error) {
    if (MlstackError.is(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FlavorLoadError(label, `importing its implementation fails: ${reason}`, 'Install it again.', error);
  }
  if (typeof implementation !== 'function') {
    throw new FlavorLoadError(label, 'its implementation is no class', 'Let `implementation` give the class.');
  }
  return implementation as Awaited<ReturnType<Flavor['loadImplementation']>>;
}
