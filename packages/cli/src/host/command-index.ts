import { componentTypes } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import type { CommandEntry } from './command-entry.ts';
import { componentCommandEntries } from './component-command-index.ts';

/** Every command but those that exist for each component type, in the order in which help shows them. */
const entries: readonly CommandEntry[] = [
  entry('init', 'Make a folder a project', () => import('../commands/init.ts')),
  entry('status', 'Show project, active stack, components and problems', () => import('../commands/status.ts')),
  entry('doctor', 'Check that everything the active stack needs works', () => import('../commands/doctor.ts')),
  entry('run', 'Run a pipeline on the active stack', () => import('../commands/run.ts')),
  entry('pipeline:list', 'List pipelines that have run', () => import('../commands/pipeline/list.ts')),
  entry('pipeline:describe', 'Show a pipeline and its graph', () => import('../commands/pipeline/describe.ts')),
  entry('runs:list', 'List runs, newest first', () => import('../commands/runs/list.ts')),
  entry('runs:describe', 'Show a run and its steps', () => import('../commands/runs/describe.ts')),
  entry('runs:logs', 'Print what the steps of a run printed', () => import('../commands/runs/logs.ts')),
  entry(
    'runs:explain',
    'Say why each step ran or was taken from the cache',
    () => import('../commands/runs/explain.ts'),
  ),
  entry(
    'runs:resume',
    'Go on with a run that crashed, failed or was cancelled',
    () => import('../commands/runs/resume.ts'),
  ),
  entry('runs:stop', 'Cancel a run', () => import('../commands/runs/stop.ts')),
  entry('runs:delete', 'Delete a run and what only it refers to', () => import('../commands/runs/delete.ts')),
  entry('artifacts:list', 'List artifacts, newest first', () => import('../commands/artifacts/list.ts')),
  entry('artifacts:describe', 'Show one artifact', () => import('../commands/artifacts/describe.ts')),
  entry(
    'artifacts:get',
    'Write an artifact to a file or to standard output',
    () => import('../commands/artifacts/get.ts'),
  ),
  entry(
    'artifacts:lineage',
    'Show what an artifact was made from and what was made from it',
    () => import('../commands/artifacts/lineage.ts'),
  ),
  entry('artifacts:prune', 'Remove stored bytes that no run refers to', () => import('../commands/artifacts/prune.ts')),
  entry('stack:register', 'Register a stack', () => import('../commands/stack/register.ts')),
  entry('stack:list', 'List stacks', () => import('../commands/stack/list.ts')),
  entry('stack:describe', 'Show a stack and its components', () => import('../commands/stack/describe.ts')),
  entry('stack:get', 'Print the name of the active stack', () => import('../commands/stack/get.ts')),
  entry('stack:set', 'Make a stack the active one', () => import('../commands/stack/set.ts')),
  entry('stack:update', 'Give a stack other components', () => import('../commands/stack/update.ts')),
  entry(
    'stack:remove-component',
    'Take components out of a stack',
    () => import('../commands/stack/remove-component.ts'),
  ),
  entry('stack:rename', 'Rename a stack', () => import('../commands/stack/rename.ts')),
  entry('stack:copy', 'Copy a stack', () => import('../commands/stack/copy.ts')),
  entry('stack:delete', 'Delete a stack', () => import('../commands/stack/delete.ts')),
  entry('stack:up', 'Provision and resume the components of a stack', () => import('../commands/stack/up.ts')),
  entry('stack:down', 'Suspend the components of a stack', () => import('../commands/stack/down.ts')),
  entry('stack:validate', 'Check a stack without changing anything', () => import('../commands/stack/validate.ts')),
  entry('stack:export', 'Write a stack to a YAML document', () => import('../commands/stack/export.ts')),
  entry('stack:import', 'Register the stack of a YAML document', () => import('../commands/stack/import.ts')),
  entry('stack:diff', 'Show what applying a document would change', () => import('../commands/stack/diff.ts')),
  entry('stack:apply', 'Make a stack what a document says', () => import('../commands/stack/apply.ts')),
  entry('flavor:list', 'List the flavors of all component types', () => import('../commands/flavor/list.ts')),
  entry('integration:list', 'List flavor packages', () => import('../commands/integration/list.ts')),
  entry(
    'integration:install',
    'Add a flavor package to the project',
    () => import('../commands/integration/install.ts'),
  ),
  entry(
    'integration:uninstall',
    'Remove a flavor package from the project',
    () => import('../commands/integration/uninstall.ts'),
  ),
  entry('completion', "Print a shell's set-up for completion", () => import('../commands/completion.ts')),
  entry('help', 'Show help for a command', () => import('../commands/help.ts')),
  {
    ...entry('complete', 'Print what completes a command line', () => import('../commands/complete.ts')),
    isHidden: true,
  },
];

const topicSummaries = {
  pipeline: 'Pipelines that have run',
  runs: 'What ran, what runs, and why',
  artifacts: 'What steps made, and from what',
  stack: 'Sets of components that pipelines run on',
  flavor: 'Kinds of components that are installed',
  integration: 'Packages that bring flavors',
};

/** Commands of mlstack itself, without those of installed packages. */
export function listCommandEntries(): CommandEntry[] {
  return [...entries, ...componentTypes.flatMap(({ type }) => componentCommandEntries(type))];
}

export function listTopics(): Record<string, string> {
  const topics: Record<string, string> = { ...topicSummaries };
  for (const { type, title, summary } of componentTypes) {
    topics[type] = summary;
    topics[`${type}:flavor`] = `Flavors of ${title.toLowerCase()}`;
  }
  return topics;
}

/** The first words of commands, with a line of help for each. */
export function listRootSummaries(): Map<string, string> {
  const summaries = new Map(Object.entries(listTopics()));
  for (const { id, summary } of entries) if (!id.includes(':')) summaries.set(id, summary);
  return summaries;
}

/** Words that commands of installed packages cannot begin with. */
export function listReservedWords(): Set<string> {
  return new Set([...entries.map((one) => one.id.split(':')[0] ?? ''), ...componentTypes.map(({ type }) => type)]);
}

/** The command that a command line begins with, and how many words of it are its name. */
export function findCommandEntry(
  argv: readonly string[],
): { readonly entry: CommandEntry; readonly words: number } | undefined {
  const type = componentTypes.find((row) => row.type === argv[0])?.type;
  const candidates = type === undefined ? entries : componentCommandEntries(type);
  for (let words = Math.min(3, argv.length); words > 0; words--) {
    const id = argv.slice(0, words).join(':');
    const found = candidates.find((candidate) => candidate.id === id);
    if (found !== undefined) return { entry: found, words };
  }
  return undefined;
}

function entry(id: string, summary: string, load: () => Promise<{ readonly default: unknown }>): CommandEntry {
  return { id, summary, load: async () => (await load()).default as Command.Class };
}
