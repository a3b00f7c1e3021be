import { accessSync, constants, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DocumentBrokenError, ProjectNotWritableError } from '../errors/project-errors.ts';
import type { RegistryDocument } from './registry-document.ts';
import { createDefaultRegistry, formatRegistry, parseRegistry } from './registry-document.ts';
import { isTemporaryOf, writeFileAtomically } from './write-file-atomically.ts';

const fileName = 'registry.json';

/** The registry file of one project. Reading takes no lock: a reader sees the old or the new document, whole. */
export class StackRegistry {
  readonly file: string;
  readonly #lockFile: string;

  /** @param stateDirectory the project's `.mlstack`. */
  constructor(stateDirectory: string) {
    this.file = join(stateDirectory, fileName);
    this.#lockFile = join(stateDirectory, 'registry.lock.db');
  }

  read(): RegistryDocument {
    return parseRegistry(this.file, this.#readText());
  }

  /**
   * Replaces the document by what `change` makes of it; two processes that do so at once lose nothing. `change` may be called
   * twice, since it is tried before the lock is taken: it has no effects of its own. When it throws nothing is written.
   */
  async update(
    change: (document: RegistryDocument) => RegistryDocument | Promise<RegistryDocument>,
  ): Promise<RegistryDocument> {
    const before = this.#readText();
    let planned = await change(parseRegistry(this.file, before));
    if (formatRegistry(planned) === before) return planned;
    this.#assertWritable();
    const { withRegistryLock } = await import('./registry-lock.ts');
    return await withRegistryLock(this.#lockFile, async () => {
      const current = this.#readText();
      if (current !== before) planned = await change(parseRegistry(this.file, current));
      this.#removeLeftovers();
      const text = formatRegistry(planned);
      if (text !== current) writeFileAtomically(this.file, text);
      return planned;
    });
  }

  /** Makes the default document where there is none. Answers whether it was this call that made it. */
  initialize(): boolean {
    return writeFileAtomically(this.file, formatRegistry(createDefaultRegistry()), { ifAbsent: true });
  }

  #readText(): string {
    try {
      return readFileSync(this.file, 'utf8');
    } catch (cause) {
      const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw new DocumentBrokenError(
        this.file,
        [isMissing ? 'it is missing' : (cause as Error).message],
        isMissing
          ? `Restore it from a backup, or make a fresh one with \`mlstack init --path ${dirname(dirname(this.file))}\`.`
          : 'Look at its permissions.',
        cause,
      );
    }
  }

  #assertWritable(): void {
    try {
      accessSync(dirname(this.file), constants.W_OK);
    } catch (error) {
      throw new ProjectNotWritableError(this.file, error);
    }
  }

  /** What writers that were killed left. Only under the lock: nobody is writing now. */
  #removeLeftovers(): void {
    const directory = dirname(this.file);
    for (const name of readdirSync(directory)) {
      if (isTemporaryOf(fileName, name)) rmSync(join(directory, name), { force: true });
    }
  }
}
