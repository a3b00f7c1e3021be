import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@mlstack/core/flavor';

export interface MadeBucket {
  readonly bucket: string;
  /** Whether versioning and encryption are as the config wants them. */
  readonly isConfigured: boolean;
}

/** Which bucket a component has made, in its state folder. */
export class BucketRecord {
  readonly #directory: string;
  readonly #file: string;

  constructor(stateDirectory: string) {
    this.#directory = stateDirectory;
    this.#file = join(stateDirectory, 'made-bucket.json');
  }

  /** `undefined` where it has made none. */
  async read(): Promise<MadeBucket | undefined> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write(made: MadeBucket): Promise<void> {
    makeFolder(this.#directory, 0o700);
    await writeFile(this.#file, JSON.stringify(made), { mode: 0o600, flush: true });
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}
