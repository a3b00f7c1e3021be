import type { ComponentType } from '../component/component-types.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import type { Project } from '../project/project.ts';
import type { RegistryDocument } from '../project/registry-document.ts';
import { findComponent, findStack, isSameName } from '../project/registry-lookup.ts';
import { redactedText } from '../secret/redact.ts';
import { listReferences } from '../secret/secret-reference.ts';
import type { DocumentComponent, StackDocument } from './stack-document.ts';

export interface FieldChange {
  readonly field: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** One thing that a stack document would change. */
export type StackChange =
  | { readonly kind: 'create-component'; readonly type: ComponentType; readonly name: string; readonly flavor: string }
  | {
      readonly kind: 'update-component';
      readonly type: ComponentType;
      readonly name: string;
      readonly fields: readonly FieldChange[];
    }
  | { readonly kind: 'create-stack'; readonly name: string }
  | {
      readonly kind: 'update-stack';
      readonly name: string;
      readonly fields: readonly FieldChange[];
    }
  | { readonly kind: 'register-flavor'; readonly type: ComponentType; readonly name: string; readonly source: string };

/** What a document wants of the machine that it is read on, beyond names and settings. People agree to it. */
export interface StackDemands {
  /** Environment variables that it would read and that the registry did not refer to at this place before. */
  readonly references: readonly {
    readonly type: ComponentType;
    readonly component: string;
    readonly field: string;
    readonly variable: string;
  }[];
  /** Code that is not registered yet and would be run. */
  readonly code: readonly { readonly type: ComponentType; readonly flavor: string; readonly source: string }[];
}

export interface StackChangePlan extends StackDemands {
  readonly name: string;
  readonly changes: readonly StackChange[];
  /** Installed packages whose flavors it uses. */
  readonly packages: readonly string[];
}

/** What a document would change and what it wants. Pure but for the registry and package.json files: runs no code, so it can be asked before anyone agrees. */
export function planStackChange(
  project: Project,
  registry: RegistryDocument,
  document: StackDocument,
): StackChangePlan {
  const parts = Object.entries(document.components) as [ComponentType, DocumentComponent][];
  const code = parts.flatMap(([type, { flavor, source }]) => {
    const isKnown = registry.customFlavors.some(
      (one) => one.type === type && one.name === flavor && (source === undefined || one.source === source),
    );
    return source === undefined || isKnown ? [] : [{ type, flavor, source }];
  });
  const references = parts.flatMap(([type, { name, config }]) => {
    const before = listReferences(findComponent(registry, type, name)?.config ?? {}).map(referenceKey);
    return listReferences(config)
      .filter((reference) => !before.includes(referenceKey(reference)))
      .map(({ path, variable }) => ({ type, component: name, field: path.join('.'), variable }));
  });
  return {
    name: document.name,
    changes: [
      ...code.map(({ type, flavor, source }) => ({ kind: 'register-flavor' as const, type, name: flavor, source })),
      ...parts.flatMap(([type, component]) => planComponent(registry, type, component)),
      ...planStack(registry, document),
    ],
    references,
    code,
    packages: listPackages(project, parts),
  };
}

/** The demands as lines for people. */
export function describeDemands({ references, code }: StackDemands): string[] {
  return [
    ...code.map(({ type, flavor, source }) => `runs code: ${source} (flavor ${type}/${flavor})`),
    ...references.map(
      ({ type, component, field, variable }) =>
        `reads the environment variable ${variable} (${type} ${component}, ${field})`,
    ),
  ];
}

function planComponent(registry: RegistryDocument, type: ComponentType, component: DocumentComponent): StackChange[] {
  const { name, flavor, config } = component;
  const before = findComponent(registry, type, name);
  if (before === undefined) return [{ kind: 'create-component', type, name, flavor }];
  const fields = compareFields(
    { flavor: before.flavor, ...before.config },
    { flavor, ...withKnownSecrets(config, before.config) },
  );
  return fields.length === 0 ? [] : [{ kind: 'update-component', type, name: before.name, fields }];
}

/** What an export left out because it was secret stays as it is here. */
export function withKnownSecrets(config: JsonObject, before: JsonObject): JsonObject {
  const entries = Object.entries(config).map(([key, value]) => {
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (value === redactedText && known !== undefined) return [key, known];
    return [key, isObject(value) && isObject(known) ? withKnownSecrets(value, known) : value];
  });
  return Object.fromEntries(entries);
}

function planStack(registry: RegistryDocument, { name, components }: StackDocument): StackChange[] {
  const before = findStack(registry, name);
  if (before === undefined) return [{ kind: 'create-stack', name }];
  const after = Object.fromEntries(Object.entries(components).map(([type, component]) => [type, component.name]));
  const fields = compareFields(before.components as JsonObject, after).filter(
    (change) => !isSameName(String(change.before ?? ''), String(change.after ?? '')),
  );
  return fields.length === 0 ? [] : [{ kind: 'update-stack', name: before.name, fields }];
}

function compareFields(before: JsonObject, after: JsonObject): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((field) => {
    const [from, to] = [before, after].map((one) => (Object.hasOwn(one, field) ? one[field] : undefined));
    if (stableText(from) === stableText(to)) return [];
    return [{ field, ...(from === undefined ? {} : { before: from }), ...(to === undefined ? {} : { after: to }) }];
  });
}

/** The same for equal values, whatever order their keys have. */
function stableText(value: JsonValue | undefined): string {
  return JSON.stringify(value, (_key, item: JsonValue) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1))) : item,
  );
}

function listPackages(project: Project, parts: readonly (readonly [ComponentType, DocumentComponent])[]): string[] {
  const names = parts.flatMap(([type, { flavor, source }]) =>
    source === undefined ? project.flavors.claimsOf(type, flavor).map((claim) => claim.package.name) : [],
  );
  return [...new Set(names)].sort();
}

function referenceKey({
  path,
  variable,
}: {
  readonly path: readonly (string | number)[];
  readonly variable: string;
}): string {
  return JSON.stringify([path, variable]);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
