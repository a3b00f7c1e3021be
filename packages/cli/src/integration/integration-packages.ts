import type { FlavorPackage, Project } from '@mlstack/core/project';
import { quoteText, suggestName } from '@mlstack/core/project';
import { UsageError } from '../command/usage-error.ts';

/** Flavor packages that this project publishes. */
export const knownIntegrations: Readonly<Record<string, string>> = {
  kubernetes: 'Runs steps as Jobs on Kubernetes',
  s3: 'Keeps artifacts on Amazon S3 and what speaks its protocol',
};

const prefix = '@mlstack/flavor-';

/** The package of an integration. */
export function integrationPackage(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,60}$/.test(name)) {
    throw new UsageError(`${quoteText(name)} is not the name of an integration.`, {
      hint: "Write lower-case letters, digits and hyphens, as in `mlstack integration install s3`; other people's packages are installed with your package manager.",
    });
  }
  return `${prefix}${name}`;
}

/** `s3` for `@mlstack/flavor-s3`; other packages keep their names. */
export function integrationName(packageName: string): string {
  return packageName.startsWith(prefix) ? packageName.slice(prefix.length) : packageName;
}

/** What to do where the registry that a package manager asks has no package of an integration. */
export function suggestIntegration(packageName: string, manager: string): string {
  const name = integrationName(packageName);
  if (name in knownIntegrations) return `See which registry ${manager} asks: another one has it.`;
  const suggestion = suggestName(name, Object.keys(knownIntegrations));
  return `${suggestion} Flavors of other people are installed by their whole name, with ${manager} itself.`;
}

/** Components whose flavor a package brings. */
export function componentsUsing(project: Project, { flavors }: FlavorPackage): string[] {
  return project.registry
    .read()
    .components.filter((one) => flavors.some((flavor) => flavor.type === one.type && flavor.name === one.flavor))
    .map((one) => `${one.type} "${one.name}"`);
}
