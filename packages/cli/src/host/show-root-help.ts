import { styleText } from 'node:util';
import { componentTypes } from '@mlstack/core/project';
import { formatFields } from '../output/format-table.ts';
import { listRootSummaries } from './command-index.ts';
import { findFlavorCommands } from './flavor-commands.ts';

const sections: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['START', ['init', 'status', 'doctor']],
  ['PIPELINES', ['run', 'pipeline', 'runs', 'artifacts']],
  ['STACKS', ['stack', 'flavor', 'integration']],
  ['COMPONENTS', componentTypes.map((row) => row.type)],
  ['OTHER', ['completion', 'help']],
];

/** Help for all of mlstack. Needs nothing of oclif, whose classes take longer to load than this takes. */
export function showRootHelp(): void {
  const own = listRootSummaries();
  const { packages, problems } = findFlavorCommands();
  const installed = packages.flatMap(({ summaries }) => [...summaries]);
  const blocks = [
    'Machine-learning pipelines in TypeScript that run on any stack.',
    section('USAGE', '$ mlstack COMMAND [ARGUMENTS] [--flags]'),
    ...sections.map(([title, words]) =>
      section(
        title,
        formatFields(
          words.map((word) => [word, own.get(word)]),
          'bold',
        ),
      ),
    ),
    ...(installed.length === 0 ? [] : [section('INSTALLED', formatFields(installed, 'bold'))]),
    ...(problems.length === 0
      ? []
      : [section('UNAVAILABLE', problems.map((one) => `${one.package}: ${one.message}`).join('\n'))]),
    `Every command takes --project, --stack, --json and --help. ${styleText('dim', 'Start with `mlstack init`.')}`,
  ];
  process.stdout.write(`${blocks.join('\n\n')}\n`);
}

function section(title: string, body: string): string {
  const lines = body.split('\n').map((line) => `  ${line}`);
  return `${styleText('bold', title)}\n${lines.join('\n')}`;
}
