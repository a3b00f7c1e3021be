import { quoteText, suggestName } from '@mlstack/core/project';
import { CommandNotFoundError, UsageError } from '../command/usage-error.ts';
import { watchOutput } from '../output/closed-output.ts';
import { reportError } from '../output/report-error.ts';
import { findCommandEntry } from './command-index.ts';
import { moveLeadingFlags } from './leading-flags.ts';

/**
 * Runs one command line. Never throws: an error is shown, and the exit code set.
 *
 * @returns false after a command of an installed package: what it started may go on.
 */
export async function runCommandLine(argv: readonly string[]): Promise<boolean> {
  watchOutput();
  const ordered = moveLeadingFlags(argv);
  try {
    return await dispatch(ordered);
  } catch (error) {
    reportError(error, { json: beforeSeparator(ordered).includes('--json') });
    return true;
  }
}

async function dispatch(argv: readonly string[]): Promise<boolean> {
  const found = findCommandEntry(argv);
  if (found?.entry.id !== 'complete' && (argv.length === 0 || asksForHelp(argv))) {
    await showHelpFor(argv);
    return true;
  }
  if (found === undefined) return await dispatchOther(argv);
  const { runBuiltIn } = await import('./run-built-in.ts');
  await runBuiltIn(found.entry, argv.slice(found.words));
  return true;
}

export async function showHelpFor(argv: readonly string[]): Promise<void> {
  const words = leadingWords(argv[0] === 'help' ? argv.slice(1) : argv);
  if (words.length === 0) return (await import('./show-root-help.ts')).showRootHelp();
  const { showHelp } = await import('./show-help.ts');
  await showHelp(argv);
}

/** A command of an installed package, a topic, or nothing there is. */
async function dispatchOther(argv: readonly string[]): Promise<boolean> {
  const { findCommand, findTopic, loadFullConfig } = await import('./full-config.ts');
  const full = await loadFullConfig();
  const command = findCommand(full.config, argv);
  if (command !== undefined) {
    const { sharePackages } = await import('./share-packages.ts');
    sharePackages();
    await full.config.runCommand(command.id, argv.slice(command.id.split(':').length), command);
    return false;
  }
  const words = leadingWords(argv);
  if (words.length === 0) throw unknownFlag(argv[0] ?? '');
  const topic = findTopic(full.config, words);
  if (topic !== undefined && topic.split(':').length === words.length) {
    const { showHelp } = await import('./show-help.ts');
    await showHelp(words);
    return true;
  }
  const problem = full.problems.find(({ topics }) => topics.includes(words[0] ?? ''));
  if (problem !== undefined) throw new CommandNotFoundError(words.join(' '), `${problem.package}: ${problem.message}.`);
  const { unknownCommand } = await import('./unknown-command.ts');
  throw unknownCommand(words, full.config.commandIDs);
}

function unknownFlag(flag: string): UsageError {
  const known = ['--help', '--version', '--project', '--stack', '--json'];
  if (known.includes(flag.split('=')[0] ?? '')) {
    return new UsageError(`\`mlstack ${quoteText(flag).slice(1, -1)}\` needs a command.`, {
      hint: 'See `mlstack --help`.',
    });
  }
  const suggestion = suggestName(flag, known);
  return new UsageError(`\`mlstack\` has no flag ${quoteText(flag).slice(1, -1)}.`, {
    hint: suggestion?.startsWith('Did you mean') ? suggestion.replaceAll('"', '`') : 'See `mlstack --help`.',
  });
}

function asksForHelp(argv: readonly string[]): boolean {
  return beforeSeparator(argv).some((word) => word === '--help' || word === '-h');
}

function beforeSeparator(argv: readonly string[]): readonly string[] {
  const separator = argv.indexOf('--');
  return separator === -1 ? argv : argv.slice(0, separator);
}

function leadingWords(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return argv.slice(0, end === -1 ? argv.length : end);
}
