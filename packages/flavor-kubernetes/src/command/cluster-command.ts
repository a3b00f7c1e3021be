import { createInterface } from 'node:readline/promises';
import { MlstackError } from '@mlstack/core/flavor';
import type { OpenStack, Project } from '@mlstack/core/project';
import { openComponent, openProject, openStack } from '@mlstack/core/project';
import { Command, Flags } from '@oclif/core';
import type { KubernetesCluster } from '../kubernetes-cluster.ts';
import type { KubernetesOrchestrator } from '../kubernetes-orchestrator.ts';
import type { KubernetesStepOperator } from '../kubernetes-step-operator.ts';

const baseFlags = {
  component: Flags.string({
    summary: 'Orchestrator or step operator to use instead of those of the stack',
    helpValue: '<name>',
  }),
  project: Flags.string({
    summary: 'Project to use instead of the one you are in',
    helpGroup: 'GLOBAL',
    helpValue: '<folder>',
  }),
  stack: Flags.string({ summary: 'Stack to use instead of the active one', helpGroup: 'GLOBAL', helpValue: '<name>' }),
};

export interface ClusterFlags {
  readonly component?: string | undefined;
  readonly project?: string | undefined;
  readonly stack?: string | undefined;
}

const types = ['orchestrator', 'step-operator'] as const;
type PodComponent = KubernetesOrchestrator | KubernetesStepOperator;

/** Of the documents that `--json` prints. */
const jsonVersion = 1;

/** Works with the clusters of a stack's components, or with that of a named one. */
export abstract class ClusterCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = baseFlags;

  /** The clusters on which pods of the stack run, the same place once. */
  protected async withClusters<Answer>(
    flags: ClusterFlags,
    work: (clusters: readonly KubernetesCluster[], stack: OpenStack) => Promise<Answer>,
  ): Promise<Answer> {
    const { project: directory, stack: stackName } = flags;
    const [, program] = process.argv;
    const project = openProject({
      // Flavors that come with the command line are there, too.
      host: { directory: this.config.root, ...(program === undefined ? {} : { program }) },
      ...(directory === undefined ? {} : { directory }),
      ...(stackName === undefined ? {} : { stack: stackName }),
    });
    const stack = await openStack(project);
    const named = flags.component === undefined ? [] : await openNamed(project, flags.component);
    try {
      const components = flags.component === undefined ? await componentsOf(stack) : named;
      if (components.length === 0) throw new NoClusterError(flags.component, stack.name);
      return await work(
        components.map(({ cluster }) => cluster),
        stack,
      );
    } finally {
      await Promise.all([stack.close(), ...named.map((component) => component.close())]);
    }
  }

  /** Returns when the answer is yes; anything else ends the command. */
  protected async agree(question: string, yes: boolean): Promise<void> {
    if (yes) return;
    if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) throw new NotAgreedError(question, true);
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question(`${question} (y/N) `).finally(() => prompt.close());
    if (!/^y(es)?$/i.test(answer.trim())) throw new NotAgreedError(question, false);
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

function isOnCluster(component: { readonly flavor: string } | undefined): component is PodComponent {
  return component?.flavor === 'kubernetes'; // flavors have one implementation each
}

async function componentsOf(stack: OpenStack): Promise<PodComponent[]> {
  const wanted = types.filter((type) => stack.reference(type)?.flavor === 'kubernetes');
  const components = await Promise.all(wanted.map((type) => stack.component(type)));
  return components.filter(isOnCluster);
}

async function openNamed(project: Project, name: string): Promise<PodComponent[]> {
  const { components } = project.registry.read();
  const found = components.filter(
    (one) => types.some((type) => type === one.type) && one.flavor === 'kubernetes' && one.name === name,
  );
  const opened = await Promise.all(
    found.map(({ type }) => openComponent(project, type as (typeof types)[number], name)),
  );
  return opened.filter(isOnCluster);
}

class NoClusterError extends MlstackError {
  readonly code = 'KUBERNETES_COMPONENT_MISSING';

  constructor(name: string | undefined, stack: string) {
    super(
      name === undefined
        ? `Neither the orchestrator nor a step operator of stack "${stack}" is of the flavor kubernetes.`
        : `There is no orchestrator and no step operator "${name}" of the flavor kubernetes.`,
      { hint: 'Name one by --component, or a stack that has one by --stack.' },
    );
  }
}

class NotAgreedError extends MlstackError {
  readonly code: string;
  override readonly kind: 'input' | 'interrupted';

  constructor(question: string, nobodyIsThere: boolean) {
    super(
      nobodyIsThere ? `${question} Nobody can answer: this is no terminal.` : 'Cancelled; nothing was changed.',
      nobodyIsThere ? { hint: 'Repeat the command with --yes.' } : {},
    );
    this.code = nobodyIsThere ? 'NO_TERMINAL' : 'INTERRUPTED';
    this.kind = nobodyIsThere ? 'input' : 'interrupted';
  }
}
