import { writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { readCliManifest } from './cli-package.ts';
import { endEarlyWorker, startEarlyWorker } from './host/early-worker.ts';
import { findProjectCopy } from './host/find-project-copy.ts';

/**
 * The program `mlstack`. Resolves when the command has returned; the exit code is in `process.exitCode`. What it resolves to says
 * whether the process may be ended: a command of an installed package may have left a server or a child at work.
 *
 * A copy that is installed for the whole machine hands over to the copy that the project depends on, so that a project always
 * meets the version it chose. Completion never does: a press of the tab key runs nothing that lies in the folder one is in.
 */
export async function main(argv: readonly string[]): Promise<boolean> {
  admitNoHome();
  const projectCopy = argv[0] === 'complete' ? undefined : findProjectCopy();
  if (projectCopy !== undefined) {
    const copy: { main(argv: readonly string[]): Promise<boolean> } = await import(projectCopy);
    return await copy.main(argv);
  }
  if (argv[0] === '--version' || argv[0] === '-v') {
    await printVersion();
    return true;
  }
  hideSqliteWarning();
  if (needsWorker(argv)) await startEarlyWorker();
  const { runCommandLine } = await import('./host/run-command-line.ts');
  const isOver = await runCommandLine(argv);
  await endEarlyWorker();
  return isOver;
}

/** Packages that are used here ask for the home folder as they load, and would fail for a user whom the system does not know. */
function admitNoHome(): void {
  try {
    homedir();
  } catch {
    process.env.HOME = '';
  }
}

/** What tells that output is lost takes longer to load than this takes: it is loaded where that is so. */
async function printVersion(): Promise<void> {
  const text = `mlstack/${readCliManifest().version} ${process.platform}-${process.arch} node-${process.version}\n`;
  let written = 0;
  try {
    written = writeSync(process.stdout.fd, text);
  } catch {}
  if (written === text.length) return;
  const { watchOutput } = await import('./output/closed-output.ts');
  watchOutput();
  process.stdout.write(text.slice(written));
}

function needsWorker(argv: readonly string[]): boolean {
  return argv[0] === 'run' && argv.length > 1 && !argv.includes('--help') && !argv.includes('-h');
}

/** Node 22 says of its SQLite that it is experimental; what is used of it is the same in Node 24, which does not. */
function hideSqliteWarning(): void {
  if (Number.parseInt(process.versions.node, 10) >= 24) return;
  const emitWarning = process.emitWarning.bind(process) as (...all: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('SQLite is an experimental feature')) emitWarning(warning, ...rest);
  };
}
