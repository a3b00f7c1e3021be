import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentType } from '../component/component-types.ts';
import type { ComponentStatus } from '../component/lifecycle.ts';
import { describeError } from '../errors/describe-error.ts';
import type { DiscoveryProblem, FlavorOrigin } from '../flavor/discover-flavors.ts';
import type { FlavorListing } from '../flavor/flavor-registry.ts';
import { buildComponent, referenceTo } from '../stack/open-stack.ts';
import { findStackIssues } from '../stack/validate-stack.ts';
import { findProject } from './find-project.ts';
import type { Project } from './project.ts';
import type { RegisteredComponent } from './registry-document.ts';
import { requireChosenStack, requireComponent } from './registry-lookup.ts';

export interface ProjectStatus {
  readonly directory: string;
  readonly origin: Project['origin'];
  /** Another project around this one; this one, the nearer, is used. */
  readonly outer?: string;
  /** The stack that commands use. */
  readonly stack: string;
  readonly components: readonly (ComponentStatus & {
    readonly type: ComponentType;
    readonly name: string;
    readonly flavor?: string;
  })[];
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly origin: FlavorOrigin;
    readonly flavors: readonly string[];
  }[];
  /** Sentences about the stack, broken packages and flavors that cannot be used. */
  readonly problems: readonly string[];
}

/** What `mlstack status` shows. Asks each component for its state, and waits for none longer than ten seconds. */
export async function describeProject(project: Project): Promise<ProjectStatus> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document);
  const parts = Object.entries(stack.components) as [ComponentType, string][];
  const components = await Promise.all(
    parts.map(async ([type, name]) => {
      try {
        const component = requireComponent(document, type, name);
        return { type, name: component.name, flavor: component.flavor, ...(await askState(project, component)) };
      } catch (error) {
        return { type, name, state: 'failed' as const, message: describeError(error).message };
      }
    }),
  );
  const { packages, problems } = project.flavors.discover();
  const outer = project.origin === 'user' ? undefined : findProject(dirname(project.directory));
  return {
    directory: project.directory,
    origin: project.origin,
    ...(outer === undefined ? {} : { outer }),
    stack: stack.name,
    components,
    packages: packages.map(({ name, version, origin, flavors }) => ({
      name,
      version,
      origin,
      flavors: flavors.map((flavor) => `${flavor.type}/${flavor.name}`),
    })),
    problems: [
      ...(await findStackIssues(project, document, stack)).map(
        ({ path, message }) => `stack ${stack.name}: ${path.join('.')}: ${message}`,
      ),
      ...problems.map(packageProblem),
      ...project.flavors.list().flatMap(flavorProblem),
    ],
  };
}

const patienceMs = 10_000;

async function askState(project: Project, registered: RegisteredComponent): Promise<ComponentStatus> {
  const component = await buildComponent(project, referenceTo(project, registered));
  const silence = new AbortController();
  try {
    return await Promise.race([
      component.status(),
      sleep(patienceMs, { state: 'failed' as const, message: `gave no answer within ${patienceMs / 1000} s` }, silence),
    ]);
  } finally {
    silence.abort();
    await component.close();
  }
}

function packageProblem({ package: name, message }: DiscoveryProblem): string {
  return `package ${name}: ${message}`;
}

function flavorProblem({ type, name, package: from, ready, reason }: FlavorListing): string[] {
  return ready ? [] : [`flavor ${type}/${name}${from === undefined ? '' : ` of ${from}`}: ${reason}`];
}
