import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ComponentType } from '../component/component-types.ts';
import {
  FlavorExistsError,
  FlavorInUseError,
  FlavorLoadError,
  FlavorNotCustomError,
  FlavorNotFoundError,
} from '../errors/flavor-errors.ts';
import { quoteText } from '../name.ts';
import type { Project } from '../project/project.ts';
import type { CustomFlavor, RegistryDocument } from '../project/registry-document.ts';
import type { FlavorSource } from '../run/step-request.ts';
import type { ConfigField, ConfigSchema } from './config-schema.ts';
import { describeConfigFields, loadConfigSchema } from './config-schema.ts';
import type { Flavor } from './define-flavor.ts';
import type { FlavorListing } from './flavor-registry.ts';
import { sourceLabel } from './load-flavor.ts';
import { isFlavorName } from './parse-flavor-manifest.ts';

export interface FlavorDescription extends FlavorListing {
  readonly fields: readonly ConfigField[];
  readonly configSchema: ConfigSchema;
  /** JSON Schema of what steps may put under `type/name`. */
  readonly settingsSchema?: ConfigSchema;
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

/** By type and name; one that two packages claim appears once for each. Runs no code. */
export function listFlavors(project: Project, type?: ComponentType): FlavorListing[] {
  return project.flavors.list(type);
}

/** Imports the flavor's definition, not its implementation. */
export async function describeFlavor(project: Project, type: ComponentType, name: string): Promise<FlavorDescription> {
  const flavor = await project.flavors.load(type, name);
  const listing = project.flavors.list(type).find((one) => one.name === name) as FlavorListing;
  const configSchema = await loadConfigSchema(flavor);
  const { z } = await import('../schema-language.ts');
  return {
    ...listing,
    fields: describeConfigFields(configSchema),
    configSchema,
    ...(flavor.settings === undefined
      ? {}
      : { settingsSchema: z.toJSONSchema(flavor.settings, { io: 'input', unrepresentable: 'any' }) as ConfigSchema }),
    ...(flavor.capabilities === undefined ? {} : { capabilities: { ...flavor.capabilities } }),
  };
}

/** Where a flavor that is to be registered comes from. */
export interface RegisterFlavorOptions {
  /** Refuses a flavor of another type. */
  readonly type?: ComponentType;
  /** What relative paths are relative to. Default: the working directory. */
  readonly from?: string;
}

/**
 * Registers a flavor by its source: `./file.ts#exportName` or `package#exportName`. Imports it to check it. Of two packages that
 * claim the same type and name, the one that is registered is the one that is used.
 */
export async function registerFlavor(
  project: Project,
  sourceText: string,
  options: RegisterFlavorOptions = {},
): Promise<CustomFlavor> {
  const flavor = await checkFlavor(project, sourceText, options);
  await project.registry.update((document) => addFlavor(document, flavor));
  return flavor;
}

/** Imports a flavor and says how it would be registered. */
export async function checkFlavor(
  project: Project,
  sourceText: string,
  { type, from = process.cwd() }: RegisterFlavorOptions = {},
): Promise<CustomFlavor> {
  const source = locateSource(project, sourceText, from);
  const flavor = await project.flavors.loadSource(source);
  assertRegistrable(flavor, source, type);
  const checked: CustomFlavor = {
    type: flavor.type,
    name: flavor.name,
    source: project.flavors.formatSource(source),
    ...(flavor.summary === undefined ? {} : { summary: flavor.summary }),
  };
  assertUnclaimed(project, checked, source);
  return checked;
}

/** Registered a second time from the same source, it is taken anew; from another one it is refused with `FlavorExistsError`. */
export function addFlavor(document: RegistryDocument, flavor: CustomFlavor): RegistryDocument {
  const taken = document.customFlavors.find(({ type, name }) => type === flavor.type && name === flavor.name);
  if (taken !== undefined && taken.source !== flavor.source) {
    throw new FlavorExistsError(flavor.type, flavor.name, `registered from ${taken.source}`);
  }
  return { ...document, customFlavors: [...document.customFlavors.filter((one) => one !== taken), flavor] };
}

/** Only a registered one, and only while no component uses it, unless a package takes its place. */
export async function deleteFlavor(project: Project, type: ComponentType, name: string): Promise<CustomFlavor> {
  let deleted: CustomFlavor | undefined;
  await project.registry.update((document) => {
    deleted = document.customFlavors.find((one) => one.type === type && one.name === name);
    const claims = project.flavors.claimsOf(type, name);
    if (deleted === undefined) {
      const [claim] = claims;
      if (claim !== undefined) throw new FlavorNotCustomError(type, name, claim.package.name);
      const known = document.customFlavors.filter((one) => one.type === type).map((one) => one.name);
      throw new FlavorNotFoundError(type, name, known);
    }
    const users = document.components.filter((component) => component.type === type && component.flavor === name);
    if (users.length > 0) {
      throw new FlavorInUseError(
        type,
        name,
        users.map((component) => component.name),
      );
    }
    return { ...document, customFlavors: document.customFlavors.filter((one) => one !== deleted) };
  });
  return deleted as unknown as CustomFlavor; // set by the change, or it has thrown
}

function locateSource(project: Project, text: string, from: string): FlavorSource {
  const source = project.flavors.resolveSource(text);
  if (source.kind === 'package') return source;
  const file = resolve(from, text.slice(0, text.lastIndexOf('#')));
  try {
    return { ...source, file: realpathSync(file) };
  } catch (cause) {
    throw new FlavorLoadError(text, `there is no file ${quoteText(file)}`, 'Check the path.', cause);
  }
}

function assertRegistrable(flavor: Flavor, source: FlavorSource, type: ComponentType | undefined): void {
  const label = sourceLabel(source);
  if (type !== undefined && flavor.type !== type) {
    throw new FlavorLoadError(
      label,
      `it is a flavor of ${flavor.type}, not of ${type}`,
      `Use \`mlstack ${flavor.type} flavor register\`.`,
    );
  }
  if (!isFlavorName(flavor.name)) {
    const hint = 'Give it a name of lower-case letters, digits and hyphens in defineFlavor.';
    throw new FlavorLoadError(label, `it cannot be called ${quoteText(String(flavor.name))}`, hint);
  }
}

/** A name that a package has is taken, unless registering is the choice between several packages. */
function assertUnclaimed(project: Project, { type, name }: CustomFlavor, source: FlavorSource): void {
  const claims = project.flavors.claimsOf(type, name);
  const isChoice =
    claims.length > 1 && source.kind === 'package' && claims.some((claim) => claim.package.name === source.package);
  const [claim] = claims;
  if (claim !== undefined && !isChoice) {
    throw new FlavorExistsError(type, name, `it comes with the package ${claim.package.name}`);
  }
}
