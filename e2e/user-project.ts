import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
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
}

export function createUserProject(environment: Readonly<Record<string, string>> = {}): UserProject {
  const installation = inject('installation').directory;
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-user-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  copyFileSync(join(installation, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(installation, 'node_modules'), join(directory, 'node_modules'));
  const program = join(directory, 'node_modules/@mlstack/cli/bin/mlstack.js');
  const env = { ...process.env, HOME: directory, NO_COLOR: '1', ...environment };
  const mlstack = (...args: string[]): Answer => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: directory,
      env,
      encoding: 'utf8',
      input: '',
      maxBuffer: 1 << 28,
    });
    return { status, stdout, stderr };
  };
  const succeed = (...args: string[]): string => {
    const { status, stdout, stderr } = mlstack(...args);
    if (status !== 0) throw new Error(`mlstack ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
    return stdout;
  };
  return {
    directory,
    write: (file, text) => writeFileSync(join(directory, file), text),
    read: (file) => readFileSync(join(directory, file), 'utf8'),
    mlstack,
    succeed,
    ask: (...args) => JSON.parse(succeed(...args, '--json')),
    start: (...args) =>
      spawn(process.execPath, [program, ...args], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  };
}
