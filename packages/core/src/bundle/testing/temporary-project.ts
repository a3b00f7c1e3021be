import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildBundle } from '../build-bundle.ts';
import type { Bundle } from '../bundle-manifest.ts';

/** A user's project in a folder of its own, gone with `using`. */
export class TemporaryProject implements Disposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-bundle-')));
  readonly stateDirectory = join(this.directory, '.mlstack');

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(this.stateDirectory);
    this.write({ 'package.json': '{"name":"project","type":"module"}', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  remove(path: string): void {
    rmSync(join(this.directory, path), { recursive: true });
  }

  build(file = 'pipeline.ts'): Promise<Bundle> {
    return buildBundle({ file: join(this.directory, file), stateDirectory: this.stateDirectory });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
