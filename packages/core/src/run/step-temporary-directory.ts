import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVolatileFolder } from '../durable-folder.ts';
import { TemporaryFolderError } from '../errors/step-errors.ts';
import { workerTemporaryDirectory, workerTokenVariable } from './worker-protocol.ts';

/** A folder of one step alone, made when it is first asked for. */
export class StepTemporaryDirectory {
  #made: Promise<string> | undefined;

  make(): Promise<string> {
    this.#made ??= makeDirectory();
    return this.#made;
  }

  async remove(): Promise<void> {
    if (this.#made !== undefined) await rm(await this.#made, { recursive: true, force: true });
  }
}

async function makeDirectory(): Promise<string> {
  const token = process.env[workerTokenVariable];
  try {
    if (token === undefined) return await mkdtemp(join(tmpdir(), 'mlstack-'));
    const above = workerTemporaryDirectory(token);
    makeVolatileFolder(above, 0o700);
    return await mkdtemp(join(above, 'step-'));
  } catch (error) {
    throw new TemporaryFolderError(tmpdir(), error);
  }
}
