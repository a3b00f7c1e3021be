import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a user's own, outside the repository, where the packed packages are installed. Removed when the test is over. */
export interface UserProject {
  readonly directory: string;
  write(file: string, text: string): void;
  read(file: string): string;
  /** Runs `mlstack` and waits for it. */
  mlstack(...args: string[]): Answer;
  /** Runs `mlstack` and fails unless it succeeds. Returns what it prints. */
  succeed(...args: string[]): string;
  /** What `mlstack … --json` says. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect to be there
  ask(...args: string[]): any;
  /** Starts `mlstack` and does not wait. */
  start(...args: string[]): ChildProcess;
  /** Starts a program of the project's own. */
  startNode(...args: string[]): ChildProcess;
  /** As `succeed`, while the test goes on serving what is asked of it. */
  finish(...args: string[]): Promise<string>;
}

type Environment = Readonly<Record<string, string>>;

/** With all packages installed. */
export function createUserProject(environment: Environment = {}, node?: string): UserProject {
  const installation = inject('installation').directory;
  const directory = createUserFolder();
  copyFileSync(join(installation, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(installation, 'node_modules'), join(directory, 'node_modules'));
  return openUserProject(directory, environment, node);
}

/** An empty folder outside the repository, removed when the test is over. */
export function createUserFolder(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-user-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

/**
 * @param environment is added to the test's own.
 * @param node the program that runs `mlstack`.
 */
export function openUserProject(
  directory: string,
  environment: Environment = {},
  node: string = process.execPath,
): UserProject {
  const program = join(directory, 'node_modules/@mlstack/cli/bin/mlstack.js');
  const env = { ...process.env, HOME: directory, NO_COLOR: '1', ...environment };
  const mlstack = (...args: string[]): Answer => {
    const { status, stdout, stderr } = spawnSync(node, [program, ...args], {
      cwd: directory,
      env,
      encoding: 'utf8',
      input: '',
      maxBuffer: 1 << 28,
    });
    return { status, stdout, stderr };
  };
  const succeed = (...args: string[]): string => requireSuccess(args, mlstack(...args));
  const startNode = (...args: string[]): ChildProcess =>
    spawn(node, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const start = (...args: string[]): ChildProcess => startNode(program, ...args);
  return {
    directory,
    write: (file, text) => writeFileSync(join(directory, file), text),
    read: (file) => readFileSync(join(directory, file), 'utf8'),
    mlstack,
    succeed,
    ask: (...args) => JSON.parse(succeed(...args, '--json')),
    start,
    startNode,
    finish: async (...args) => requireSuccess(args, await answerOf(start(...args))),
  };
}

/** What a started program has said, once it has ended. */
export async function answerOf(child: ChildProcess): Promise<Answer> {
  const answer = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      answer[name] += text;
    });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...answer };
}

function requireSuccess(args: readonly string[], { status, stdout, stderr }: Answer): string {
  if (status === 0) return stdout;
  throw new Error(`mlstack ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
}
