import type { ComponentType } from '../component/component-types.ts';
import { componentTypes, isComponentType } from '../component/component-types.ts';
import { DocumentBrokenError } from '../errors/project-errors.ts';
import type { JsonObject } from '../json-value.ts';
import { isName, nameKey, quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import type { DocumentFormat } from './document-version.ts';
import { migrateDocument } from './document-version.ts';

export interface RegisteredComponent {
  /** A UUID. Artifact records point at it, so it survives a rename. */
  readonly id: string;
  readonly type: ComponentType;
  readonly name: string;
  readonly flavor: string;
  /** As given, checked by the flavor's schema: references unresolved, defaults left out but for those that say where data lies. */
  readonly config: JsonObject;
}

/** Names of its components by type. A name may have nothing behind it where somebody edited the registry by hand. */
export type StackComponents = Readonly<Partial<Record<ComponentType, string>>>;

export interface RegisteredStack {
  readonly name: string;
  readonly components: StackComponents;
}

/** A flavor that was registered by hand: code of the project's own, or the choice between two packages. */
export interface CustomFlavor {
  readonly type: ComponentType;
  readonly name: string;
  /** `./file.ts#exportName`, relative to the project, or `package#exportName`. */
  readonly source: string;
  readonly summary?: string;
}

/** `.mlstack/registry.json`: everything that was registered. */
export interface RegistryDocument {
  readonly formatVersion: 1;
  readonly activeStack: string;
  readonly stacks: readonly RegisteredStack[];
  readonly components: readonly RegisteredComponent[];
  readonly customFlavors: readonly CustomFlavor[];
}

const format: DocumentFormat = { version: 1, migrations: {} };

const brokenHint =
  'The file was not changed. Correct it by hand or restore it from a backup; moved away, `mlstack init` makes a fresh one.';

/** The registry of a new project: local components, all named `default`. */
export function createDefaultRegistry(): RegistryDocument {
  const required = componentTypes.filter((row) => row.required).map((row) => row.type);
  return {
    formatVersion: 1,
    activeStack: 'default',
    stacks: [
      { name: 'default', components: Object.fromEntries(required.map((type) => [type, 'default'])) as StackComponents },
    ],
    components: required.map((type) => ({
      id: crypto.randomUUID(),
      type,
      name: 'default',
      flavor: 'local',
      config: defaultLocations[type] ?? {},
    })),
    customFlavors: [],
  };
}

/** Where the default stores keep their data, relative to the project. */
const defaultLocations: Readonly<Partial<Record<ComponentType, JsonObject>>> = {
  'artifact-store': { path: '.mlstack/artifacts' },
  'metadata-store': { path: '.mlstack/metadata.db' },
};

export function formatRegistry(document: RegistryDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** @param subject the file's path, for messages. */
export function parseRegistry(subject: string, text: string): RegistryDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = text.trim() === '' ? 'it is empty' : `it is not JSON: ${(cause as Error).message}`;
    throw new DocumentBrokenError(subject, [reason], brokenHint, cause);
  }
  const document = migrateDocument(subject, value, format, brokenHint);
  const problems = validateRegistry(document);
  if (problems.length > 0) throw new DocumentBrokenError(subject, problems, brokenHint);
  return document as unknown as RegistryDocument; // validateRegistry looked at every field
}

function validateRegistry(document: Record<string, unknown>): string[] {
  const problems: string[] = [];
  const report = (path: string, message: string) => {
    if (problems.length < 20) problems.push(`${path}: ${message}`);
  };
  const shape: Shape = {
    formatVersion: 'number',
    activeStack: 'name',
    stacks: 'list',
    components: 'list',
    customFlavors: 'list',
  };
  if (!checkShape('', document, shape, report)) return problems;
  const taken = new Set<string>();
  const checkUnique = (path: string, kind: string, name: string) => {
    const key = `${kind} ${nameKey(name)}`;
    if (taken.has(key)) report(path, `there is another ${kind} named ${quoteText(name)}`);
    taken.add(key);
  };
  for (const [index, stack] of (document.stacks as unknown[]).entries()) {
    const path = `stacks.${index}`;
    if (!checkShape(path, stack, { name: 'name', components: 'object' }, report)) continue;
    checkUnique(path, 'stack', stack.name as string);
    for (const [type, name] of Object.entries(stack.components as object)) {
      if (!isComponentType(type)) report(`${path}.components`, `there is no component type ${quoteText(type)}`);
      else if (typeof name !== 'string' || !isName(name)) report(`${path}.components.${type}`, 'a name is expected');
    }
  }
  for (const [index, component] of (document.components as unknown[]).entries()) {
    const path = `components.${index}`;
    const expected: Shape = { id: 'text', type: 'type', name: 'name', flavor: 'text', config: 'object' };
    if (!checkShape(path, component, expected, report)) continue;
    checkUnique(path, component.type as string, component.name as string);
    if (!/^[0-9a-z-]{1,64}$/.test(component.id as string)) report(`${path}.id`, 'a UUID is expected');
    checkUnique(path, 'component id', component.id as string);
  }
  for (const [index, flavor] of (document.customFlavors as unknown[]).entries()) {
    const path = `customFlavors.${index}`;
    if (!checkShape(path, flavor, { type: 'type', name: 'text', source: 'text', summary: 'optional text' }, report))
      continue;
    checkUnique(path, `${flavor.type} flavor`, flavor.name as string);
  }
  return problems;
}

type FieldKind = 'number' | 'text' | 'optional text' | 'name' | 'type' | 'list' | 'object';
type Shape = Readonly<Record<string, FieldKind>>;

const fieldChecks: Readonly<Record<FieldKind, readonly [check: (value: unknown) => boolean, expected: string]>> = {
  number: [(value) => typeof value === 'number', 'a number'],
  text: [(value) => typeof value === 'string', 'a text'],
  'optional text': [(value) => value === undefined || typeof value === 'string', 'a text'],
  name: [(value) => typeof value === 'string' && isName(value), 'a name'],
  type: [(value) => typeof value === 'string' && isComponentType(value), 'a component type'],
  list: [Array.isArray, 'a list'],
  object: [(value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object'],
};

/** Whether `value` has these fields and no others. Unknown ones are refused: writing the document again would lose them. */
function checkShape(
  path: string,
  value: unknown,
  shape: Shape,
  report: (path: string, message: string) => void,
): value is Record<string, unknown> {
  if (!fieldChecks.object[0](value)) {
    report(path, 'an object is expected');
    return false;
  }
  const fields = value as Record<string, unknown>;
  const names = Object.keys(shape);
  const unknown = Object.keys(fields).filter((name) => !names.includes(name));
  for (const name of unknown) {
    report(path === '' ? name : `${path}.${name}`, `is not known. ${suggestName(name, names) ?? ''}`.trim());
  }
  const wrong = names.filter((name) => !fieldChecks[shape[name] as FieldKind][0](fields[name]));
  for (const name of wrong) {
    report(path === '' ? name : `${path}.${name}`, `${fieldChecks[shape[name] as FieldKind][1]} is expected`);
  }
  return unknown.length === 0 && wrong.length === 0;
}
