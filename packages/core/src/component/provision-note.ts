import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../durable-folder.ts';
import type { Project } from '../project/project.ts';
import { writeFileAtomically } from '../project/write-file-atomically.ts';

/**
 * What `up` made for a component, in the words of its flavor: kept until `down --deprovision` has been through it, so that who deletes the
 * component is told what stays. Asks nobody, also where a cluster or a bucket is out of reach.
 */
export function readProvisionNote(project: Project, componentId: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(noteFile(project, componentId), 'utf8')).made;
  } catch {
    return [];
  }
}

export function addToProvisionNote(project: Project, componentId: string, made: string): void {
  const file = noteFile(project, componentId);
  const all = new Set([...readProvisionNote(project, componentId), made]);
  makeFolder(dirname(file), 0o700);
  writeFileAtomically(file, JSON.stringify({ formatVersion: 1, made: [...all] }));
}

export function removeProvisionNote(project: Project, componentId: string): void {
  rmSync(noteFile(project, componentId), { force: true });
}

function noteFile(project: Project, componentId: string): string {
  return join(project.stateDirectory, 'provisioned', `${componentId}.json`);
}
