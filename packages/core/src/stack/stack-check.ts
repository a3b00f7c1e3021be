import { readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { readFileStamp } from '../bundle/file-stamp.ts';
import { runsFromSource } from '../bundle/share-core.ts';
import { coreVersion } from '../core-version.ts';
import type { StackSnapshot } from '../run/run-record.ts';
import type { FlavorSource } from '../run/step-request.ts';

/**
 * What was found out about a stack and holds as long as neither it nor its flavors change: it keeps every rule. Making the schemas for
 * that takes longer than anything else before the first step.
 */
export interface StackCheck {
  /** What the schemas made of the configs, by the components' ids; of those that hold no reference and are plain JSON. */
  readonly configs: Readonly<Record<string, object>>;
}

interface StackCheckRecord extends StackCheck {
  /** What was checked. */
  readonly subject: string;
}

/** Nothing where the stack was not checked as it is now. */
export function readStackCheck(stateDirectory: string, stack: StackSnapshot): StackCheck | undefined {
  const subject = describeSubject(stack);
  if (subject === undefined) return undefined;
  try {
    const record: StackCheckRecord = JSON.parse(readFileSync(recordFile(stateDirectory, stack.name), 'utf8'));
    return record.subject === subject ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Where it cannot be kept, the next one checks again. */
export async function writeStackCheck(
  stateDirectory: string,
  stack: StackSnapshot,
  { configs }: StackCheck,
): Promise<void> {
  const subject = describeSubject(stack);
  if (subject === undefined) return;
  const record: StackCheckRecord = { subject, configs };
  try {
    const { replaceFile } = await import('../bundle/content-folder.ts');
    replaceFile(recordFile(stateDirectory, stack.name), JSON.stringify(record));
  } catch {}
}

function recordFile(stateDirectory: string, stack: string): string {
  return join(stateDirectory, 'cache', 'stacks', `${encodeURIComponent(stack)}.json`);
}

/** Nothing where the code of a flavor may change under the same name and version. */
function describeSubject(stack: StackSnapshot): string | undefined {
  if (runsFromSource) return undefined;
  const versions = stack.components.map(({ source }) => installedVersion(source));
  return versions.includes(undefined) ? undefined : JSON.stringify([coreVersion(), stack, versions]);
}

function installedVersion(source: FlavorSource): string | undefined {
  if (source.kind !== 'package') return undefined;
  try {
    const file = realpathSync(join(source.directory, source.module));
    const stamp = readFileStamp(file);
    return file.includes(`${sep}node_modules${sep}`) && stamp ? `${file} ${stamp.text}` : undefined;
  } catch {
    return undefined;
  }
}
