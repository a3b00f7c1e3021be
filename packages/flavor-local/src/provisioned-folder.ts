import { readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ComponentStatus, LifecycleOutcome } from '@mlstack/core/flavor';
import { makeFolder, syncFolder } from '@mlstack/core/flavor';
import { isSystemError } from './file-system-error.ts';

/** A component's folder, with a note in the component's own state of whether the component made it. */
export class ProvisionedFolder {
  readonly #folder: string;
  readonly #note: string;

  constructor(folder: string, stateDirectory: string) {
    this.#folder = folder;
    this.#note = join(stateDirectory, 'created-folder.json');
  }

  provision(): LifecycleOutcome {
    if (this.#exists()) return { outcome: 'unchanged' };
    makeFolder(dirname(this.#note), 0o700);
    writeFileSync(`${this.#note}.new`, JSON.stringify({ formatVersion: 1, folder: this.#folder }), {
      mode: 0o600,
      flush: true,
    });
    renameSync(`${this.#note}.new`, this.#note);
    syncFolder(dirname(this.#note));
    makeFolder(this.#folder, 0o700);
    return { outcome: 'changed', message: `made ${this.#folder}` };
  }

  /** Removes the folder if this component made it and nothing is in it. */
  deprovision(): LifecycleOutcome {
    if (!this.#exists()) {
      rmSync(this.#note, { force: true });
      return { outcome: 'unchanged' };
    }
    if (!this.#isOwn()) return { outcome: 'unchanged', message: `${this.#folder} was there before, and stays` };
    try {
      rmdirSync(this.#folder);
    } catch (error) {
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      return { outcome: 'unchanged', message: `${this.#folder} is not empty, and stays` };
    }
    rmSync(this.#note, { force: true });
    return { outcome: 'changed', message: `removed ${this.#folder}` };
  }

  status(): ComponentStatus {
    try {
      return this.#exists()
        ? { state: 'ready' }
        : {
            state: 'not-provisioned',
            message: `${this.#folder} does not exist yet; it is made when it is first needed`,
          };
    } catch (error) {
      return { state: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  #exists(): boolean {
    const stat = statSync(this.#folder, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isDirectory()) throw new Error(`${this.#folder} is not a folder`);
    return stat !== undefined;
  }

  #isOwn(): boolean {
    try {
      return JSON.parse(readFileSync(this.#note, 'utf8')).folder === this.#folder;
    } catch {
      return false;
    }
  }
}
