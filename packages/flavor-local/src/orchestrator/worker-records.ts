import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '@mlstack/core/flavor';
import { makeVolatileFolder } from '@mlstack/core/flavor';
import { isSystemError } from '../file-system-error.ts';

/** A worker process that executes steps of a run. */
export interface WorkerRecord {
  readonly process: ProcessIdentity;
  /** In the environment of the worker and of all that its steps started. */
  readonly token: string;
}

/**
 * The workers of one run, one file each, so that whoever drives the run next finds them. They need not survive the machine: its
 * processes do not, either.
 */
export class WorkerRecords {
  readonly #folder: string;

  constructor(stateDirectory: string, runId: string) {
    this.#folder = join(stateDirectory, 'workers', runId);
  }

  add(record: WorkerRecord): void {
    makeVolatileFolder(this.#folder, 0o700);
    const file = this.#file(record.token);
    writeFileSync(`${file}.new`, JSON.stringify({ formatVersion: 1, ...record }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  remove(token: string): void {
    rmSync(this.#file(token), { force: true });
  }

  /** A file that a lost machine left half written names no process of this one: it is removed. */
  list(): WorkerRecord[] {
    return this.#names().flatMap((name) => {
      const file = join(this.#folder, name);
      try {
        return [JSON.parse(readFileSync(file, 'utf8')) as WorkerRecord];
      } catch (error) {
        if (error instanceof SyntaxError) rmSync(file, { force: true });
        else if (!isSystemError(error, 'ENOENT')) throw error;
        return [];
      }
    });
  }

  /** Removes the folder where no worker is left in it. */
  removeFolder(): void {
    // A driver that was killed may have left half a record.
    if (this.#names().length === 0) rmSync(this.#folder, { recursive: true, force: true });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return [];
      throw error;
    }
  }

  #file(token: string): string {
    return join(this.#folder, `${token}.json`);
  }
}
