import { expect } from 'vitest';
import { TemporaryProject } from './temporary-project.ts';

type Files = Readonly<Record<string, string>>;

/** Steps whose fingerprint differs after the edit, by the names of their variables. */
export async function changedSteps(before: Files, edit: Files): Promise<readonly string[]> {
  using project = new TemporaryProject(before);
  const { fingerprints: first } = (await project.build()).manifest;
  project.write(edit);
  const { fingerprints: second } = (await project.build()).manifest;
  expect(Object.keys(second).sort()).toEqual(Object.keys(first).sort());
  expect(Object.keys(first).length).toBeGreaterThan(0);
  return Object.keys(first)
    .filter((site) => first[site]?.sha256 !== second[site]?.sha256)
    .map((site) => site.split('#')[1] ?? site)
    .sort();
}
