import type { ComponentType, ComponentTypeDescription } from '@mlstack/core/project';
import { describeComponentType } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import type { CommandEntry } from './command-entry.ts';

type CommandFactory = (type: ComponentTypeDescription) => unknown;

interface ComponentVerb {
  readonly verb: string;
  readonly summary: (title: string, plural: string) => string;
  readonly load: () => Promise<{ readonly default: CommandFactory }>;
}

/** The commands that each component type has. `title` is in lower case. */
const verbs: readonly ComponentVerb[] = [
  { verb: 'list', summary: (_, plural) => `List ${plural}`, load: () => import('../component-commands/list.ts') },
  {
    verb: 'describe',
    summary: (title) => `Show ${withArticle(title)}`,
    load: () => import('../component-commands/describe.ts'),
  },
  {
    verb: 'get',
    summary: (title) => `Print the name of the active stack's ${title}`,
    load: () => import('../component-commands/get.ts'),
  },
  {
    verb: 'register',
    summary: (title) => `Register ${withArticle(title)}`,
    load: () => import('../component-commands/register.ts'),
  },
  {
    verb: 'update',
    summary: (title) => `Change fields of ${withArticle(title)}`,
    load: () => import('../component-commands/update.ts'),
  },
  {
    verb: 'remove-attribute',
    summary: (title) => `Remove fields of ${withArticle(title)}`,
    load: () => import('../component-commands/remove-attribute.ts'),
  },
  {
    verb: 'rename',
    summary: (title) => `Rename ${withArticle(title)}`,
    load: () => import('../component-commands/rename.ts'),
  },
  {
    verb: 'copy',
    summary: (title) => `Copy ${withArticle(title)}`,
    load: () => import('../component-commands/copy.ts'),
  },
  {
    verb: 'delete',
    summary: (title) => `Delete ${withArticle(title)}`,
    load: () => import('../component-commands/delete.ts'),
  },
  {
    verb: 'up',
    summary: (title) => `Provision and resume ${withArticle(title)}`,
    load: () => import('../component-commands/up.ts'),
  },
  {
    verb: 'down',
    summary: (title) => `Suspend ${withArticle(title)}`,
    load: () => import('../component-commands/down.ts'),
  },
  {
    verb: 'logs',
    summary: (title) => `Print the log of ${withArticle(title)}`,
    load: () => import('../component-commands/logs.ts'),
  },
  {
    verb: 'explain',
    summary: (_, plural) => `Say what ${plural} are for`,
    load: () => import('../component-commands/explain.ts'),
  },
  {
    verb: 'flavor:list',
    summary: (_, plural) => `List the flavors of ${plural}`,
    load: () => import('../component-commands/flavor-list.ts'),
  },
  {
    verb: 'flavor:describe',
    summary: () => 'Show the fields of a flavor',
    load: () => import('../component-commands/flavor-describe.ts'),
  },
  {
    verb: 'flavor:register',
    summary: () => 'Register a flavor from code of your own',
    load: () => import('../component-commands/flavor-register.ts'),
  },
  {
    verb: 'flavor:delete',
    summary: () => 'Delete a flavor that was registered',
    load: () => import('../component-commands/flavor-delete.ts'),
  },
];

export function componentCommandEntries(type: ComponentType): CommandEntry[] {
  const description = describeComponentType(type);
  const title = description.title.toLowerCase();
  return verbs.map(({ verb, summary, load }) => ({
    id: `${type}:${verb}`,
    summary: summary(title, description.plural),
    componentType: type,
    load: async () => (await load()).default(description) as Command.Class,
  }));
}

function withArticle(title: string): string {
  return `${/^[aeiou]/.test(title) ? 'an' : 'a'} ${title}`;
}
