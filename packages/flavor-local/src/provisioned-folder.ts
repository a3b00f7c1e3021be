import { accessSync, constants, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ComponentStatus, LifecycleOutcome } from '@mlstack/core/flavor';
import { makeFolder, syncFolder } from '@mlstack/core/flavor';
import { explainFileSystemError, isSystemError } from './file-system-error.ts';

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

  /** `failed` where this process could not write into it or, as long as it is not there, make it. */
  status(): ComponentStatus {
    let exists: boolean;
    try {
      exists = this.#exists();
    } catch (error) {
      return { state: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
    const refusal = this.whyNotWritable();
    if (refusal !== undefined) {
      return {
        state: 'failed',
        message: `${this.#folder} cannot be ${exists ? 'written to' : 'made'}: ${refusal.reason}`,
      };
    }
    return exists
      ? { state: 'ready' }
      : {
          state: 'not-provisioned',
          message: `${this.#folder} does not exist yet; it is made when it is first needed`,
        };
  }

  /** What the system says against writing into the folder, or into the nearest one above it that is there. */
  whyNotWritable(): { readonly reason: string; readonly hint?: string } | undefined {
    for (let folder = this.#folder; ; folder = dirname(folder)) {
      try {
        accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
        return undefined;
      } catch (error) {
        if (isSystemError(error, 'ENOENT') && dirname(folder) !== folder) continue;
        return { reason: String(error), ...explainFileSystemError(error) };
      }
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
