import { fileURLToPath } from 'node:url';

/** A file of this package that is started as a process or a thread. */
export type Program = 'worker-main' | 'watch-thread' | 'end-worker' | 'driver-main';

/** Absolute. In the workspace it is the source. */
export function programFile(program: Program): string {
  const fromSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(fromSource ? `../${program}.ts` : `./${program}.js`, import.meta.url));
}

/** What Node must be told before the name of a program. */
export function programFlags(file: string): string[] {
  return file.endsWith('.ts') ? ['--conditions=mlstack-source', '--disable-warning=ExperimentalWarning'] : [];
}
