import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { UserProject } from './user-project.ts';
import { createUserProject } from './user-project.ts';

const shells = {
  bash: { start: 'bash --norc --noprofile -i', setUp: 'eval "$(mlstack completion bash)"' },
  zsh: { start: 'zsh -f -i', setUp: 'eval "$(mlstack completion zsh)"' },
  fish: { start: 'fish --no-config -i', setUp: 'mlstack completion fish | source' },
} as const;

const isThere = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** A shell at a terminal of its own, with `mlstack` on its path. */
class Terminal {
  #shown = '';
  #lines = 0;
  readonly #type: (keys: string) => void;

  constructor({ directory }: UserProject, command: string) {
    const env = {
      ...process.env,
      HOME: directory,
      PATH: `${join(directory, 'node_modules/.bin')}:${process.env.PATH}`,
      TERM: 'xterm',
      INPUTRC: '/dev/null',
    };
    const child = spawn('script', ['-qec', `stty cols 200; exec ${command}`, '/dev/null'], { cwd: directory, env });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
    });
    this.#type = (keys) => child.stdin.write(keys);
    onTestFinished(async () => {
      const closed = once(child, 'close');
      child.stdin.end('exit\n');
      await Promise.race([closed, sleep(5000, undefined, { ref: false })]);
      child.kill('SIGKILL');
    });
  }

  /** Types and waits until the screen shows this in answer, then for an empty line. */
  async expect(keys: string, ...shown: readonly string[]): Promise<void> {
    await this.#typeAndWait(keys, shown);
    this.#lines++;
    await this.#typeAndWait(`\x15echo li""ne ${this.#lines}\n`, [`line ${this.#lines}\n`]);
  }

  async #typeAndWait(keys: string, shown: readonly string[]): Promise<void> {
    this.#shown = '';
    this.#type(keys);
    for (const end = Date.now() + 60_000; ; ) {
      const screen = stripVTControlCharacters(this.#shown)
        .replaceAll('\u0007', '')
        .replace(/\r|.[\b]/g, '');
      if (shown.every((part) => screen.includes(part))) return;
      if (Date.now() > end) expect(screen).toContain(shown.join(' and '));
      await sleep(20);
    }
  }
}

describe.skipIf(process.platform !== 'linux' || !isThere('script'))('completion at a terminal', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    test.skipIf(!isThere(shell))(`works in ${shell}`, async () => {
      const user = createUserProject();
      user.succeed('init');
      user.write('pipeline.ts', '');
      mkdirSync(join(user.directory, 'my folder'));
      user.write('my folder/other one.ts', '');
      const terminal = new Terminal(user, shells[shell].start);
      await terminal.expect(`${shells[shell].setUp}; echo re""ady\n`, 'ready\n');
      await terminal.expect('mlstack stack de\t\t', 'delete', 'describe');
      await terminal.expect('mlstack stack des\t', 'mlstack stack describe ');
      await terminal.expect('mlstack stack describe d\t', 'describe default ');
      await terminal.expect('mlstack stack list --stack=d\t', '--stack=default');
      await terminal.expect('mlstack --project . stack ren\t', 'stack rename ');
      await terminal.expect('mlstack runs list --state cr\t', '--state crashed ');
      await terminal.expect('mlstack run pip\t', 'run pipeline.ts ');
      await terminal.expect('mlstack run my\\ folder/oth\t', 'my\\ folder/other\\ one.ts ');
      await terminal.expect('mlstack run "my folder/oth\t', '"my folder/other one.ts" ');
      await terminal.expect('mlstack run "my folder/other one.ts" --con\t', '--config ');
      await terminal.expect('mlstack run pipeline.ts --config=pip\t', '--config=pipeline.ts');
      await terminal.expect('mlstack init --path=my\t', '--path=my\\ folder/');
    });
  }
});
