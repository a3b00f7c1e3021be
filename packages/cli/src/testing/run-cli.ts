import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';

const entry = pathToFileURL(join(import.meta.dirname, '../index.ts')).href;

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own with a home of its own, in which the command line runs from its source. Gone when the tests of the file are over. */
export class CliSandbox {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-cli-')));
  readonly directory = join(this.home, 'work');

  constructor() {
    homes.push(this.home);
    mkdirSync(this.directory);
  }

  /** @param content text, or what becomes JSON. */
  write(path: string, content: string | object): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }

  run(...args: readonly string[]): CliResult {
    return this.#spawn('pipe', args);
  }

  /** Its standard output goes into a file. */
  runInto(file: string, ...args: readonly string[]): CliResult {
    const output = openSync(file, 'a');
    try {
      return this.#spawn(output, args);
    } finally {
      closeSync(output);
    }
  }

  /** Without a home. @param prefix a program that runs what follows it. */
  runBy(prefix: readonly string[], args: readonly string[]): CliResult {
    return this.#spawn('pipe', args, prefix, {});
  }

  #spawn(
    output: 'pipe' | number,
    args: readonly string[],
    prefix: readonly string[] = [],
    env: NodeJS.ProcessEnv = { HOME: this.home },
  ): CliResult {
    const program = `import(${JSON.stringify(entry)}).then((cli) => cli.main(process.argv.slice(1)))`;
    const node = [process.execPath, '--conditions=mlstack-source', '--disable-warning=ExperimentalWarning'];
    const [command = '', ...rest] = [...prefix, ...node, '--eval', program, '--', ...args];
    const { status, stdout, stderr } = spawnSync(command, rest, {
      cwd: this.directory,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', output, 'pipe'],
    });
    return { status, stdout, stderr };
  }
}
