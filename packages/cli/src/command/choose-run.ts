import type { Project } from '@mlstack/core/project';
import { newestRun } from '@mlstack/core/project';
import { optionalArgument } from './arguments.ts';

export const runArgument = optionalArgument('Name or id of a run; the newest if left out');

export async function chooseRun(project: Project, run: string | undefined): Promise<string> {
  return run ?? (await newestRun(project)).id;
}
