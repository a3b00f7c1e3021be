import type { ComponentType } from '../component/component-types.ts';
import { isComponentType } from '../component/component-types.ts';
import { DocumentBrokenError } from '../errors/project-errors.ts';
import { redactComponentConfig } from '../flavor/component-config.ts';
import type { Flavor } from '../flavor/define-flavor.ts';
import type { JsonObject } from '../json-value.ts';
import { isName, quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import type { DocumentFormat } from '../project/document-version.ts';
import { migrateDocument } from '../project/document-version.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent } from '../project/registry-document.ts';
import { requireChosenStack, requireComponent } from '../project/registry-lookup.ts';

/** One component of a stack document. */
export interface DocumentComponent {
  readonly name: string;
  readonly flavor: string;
  /** The package that brings the flavor, for those who have to install it. */
  readonly package?: string;
  /** Where a flavor of the project's own comes from: `./file.ts#exportName`, relative to the project, or `package#exportName`. */
  readonly source?: string;
  /** With references. What was secret and in clear is `***`. */
  readonly config: JsonObject;
}

/** A stack as one YAML document: what `stack export` writes, and `import`, `diff` and `apply` read. */
export interface StackDocument {
  readonly formatVersion: 1;
  readonly name: string;
  readonly components: Readonly<Partial<Record<ComponentType, DocumentComponent>>>;
}

const format: DocumentFormat = { version: 1, migrations: {} };
const brokenHint = 'Compare it with what `mlstack stack export` writes.';

/** Writes a stack down. Secrets go out as references, or not at all. */
export async function exportStack(project: Project, name?: string): Promise<StackDocument> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document, name);
  const components: Partial<Record<ComponentType, DocumentComponent>> = {};
  for (const [type, componentName] of Object.entries(stack.components) as [ComponentType, string][]) {
    components[type] = await exportComponent(project, requireComponent(document, type, componentName));
  }
  return { formatVersion: 1, name: stack.name, components };
}

export async function formatStackDocument(document: StackDocument): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(document, { lineWidth: 120 });
}

/** Reads YAML or JSON. @param subject the file, for messages. Fails with `DocumentBrokenError` or `DocumentTooNewError`. */
export async function parseStackDocument(subject: string, text: string): Promise<StackDocument> {
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text, { prettyErrors: true, maxAliasCount: 100 });
  } catch (cause) {
    throw new DocumentBrokenError(subject, [`it is not YAML: ${(cause as Error).message.trim()}`], brokenHint, cause);
  }
  const document = migrateDocument(subject, value, format, brokenHint);
  const problems = validateDocument(document);
  if (problems.length > 0) throw new DocumentBrokenError(subject, problems, brokenHint);
  return document as unknown as StackDocument; // validateDocument looked at every field
}

async function exportComponent(project: Project, component: RegisteredComponent): Promise<DocumentComponent> {
  const { type, name, flavor: flavorName, config } = component;
  const listing = project.flavors.list(type).find((one) => one.name === flavorName);
  let flavor: Flavor | undefined;
  try {
    flavor = await project.flavors.load(type, flavorName);
  } catch {
    // Its package is gone: nothing tells what is secret, so redaction takes everything but references.
  }
  return {
    name,
    flavor: flavorName,
    ...(listing?.package === undefined ? {} : { package: listing.package }),
    ...(listing?.source === undefined ? {} : { source: listing.source }),
    config: await redactComponentConfig(flavor, config),
  };
}

function validateDocument({ formatVersion: _, name, components, ...rest }: Record<string, unknown>): string[] {
  const problems = unknownKeys('', rest, ['formatVersion', 'name', 'components']);
  if (typeof name !== 'string' || !isName(name)) problems.push('name: a name is expected');
  if (!isObject(components)) return [...problems, 'components: an object is expected'];
  for (const [type, component] of Object.entries(components)) {
    if (isComponentType(type)) problems.push(...validateComponent(`components.${type}`, component));
    else problems.push(`components: there is no component type ${quoteText(type)}`);
  }
  return problems;
}

function validateComponent(path: string, component: unknown): string[] {
  if (!isObject(component)) return [`${path}: an object is expected`];
  const { name, flavor, package: packageName, source, config, ...rest } = component;
  const problems = unknownKeys(`${path}.`, rest, ['name', 'flavor', 'package', 'source', 'config']);
  if (typeof name !== 'string' || !isName(name)) problems.push(`${path}.name: a name is expected`);
  for (const [key, value] of Object.entries({ flavor, package: packageName, source })) {
    const isOptional = key !== 'flavor';
    if (typeof value !== 'string' && !(isOptional && value === undefined))
      problems.push(`${path}.${key}: a text is expected`);
  }
  if (!isObject(config)) problems.push(`${path}.config: an object is expected`);
  return problems;
}

function unknownKeys(path: string, rest: object, known: readonly string[]): string[] {
  return Object.keys(rest).map((key) => `${path}${key}: is not known. ${suggestName(key, known) ?? ''}`.trim());
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
