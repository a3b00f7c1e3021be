import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { homeDirectory } from './home-directory.ts';

/**
 * `start` and the folders above it, nearest first, for looking for things that somebody may have put there. Stops before the
 * home folder, before another file system and before a folder of another owner, so that nobody else's files are found.
 */
export function* ancestorDirectories(start: string): Generator<string> {
  const homes = homeDirectories();
  let directory = start;
  const { dev, uid } = statSync(start);
  while (!homes.includes(directory)) {
    yield directory;
    const parent = dirname(directory);
    if (parent === directory) return;
    const above = statSync(parent, { throwIfNoEntry: false });
    if (above === undefined || above.dev !== dev || above.uid !== uid) return;
    directory = parent;
  }
}

/** As it is named, and where that leads. */
function homeDirectories(): string[] {
  const home = homeDirectory();
  if (home === undefined) return [];
  try {
    return [home, realpathSync(home)];
  } catch {
    return [home];
  }
}
