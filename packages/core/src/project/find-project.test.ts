import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findProject } from './find-project.ts';
import { initializeProject } from './initialize-project.ts';
import { openProject } from './project.ts';
import { temporaryDirectory } from './testing/fixture-project.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function nested(): { outer: string; inner: string; deep: string } {
  const outer = temporaryDirectory();
  const inner = join(outer, 'a/inner');
  const deep = join(inner, 'x/y');
  mkdirSync(deep, { recursive: true });
  return { outer, inner, deep };
}

describe('finding the project', () => {
  it('takes the nearest at or above the folder', () => {
    const { outer, inner, deep } = nested();
    expect(findProject(deep)).toBeUndefined();
    initializeProject(outer);
    expect(findProject(deep)).toBe(outer);
    initializeProject(inner);
    expect(findProject(deep)).toBe(inner);
    expect(findProject(outer)).toBe(outer);
  });

  it('stops at the home folder', () => {
    const { outer, inner, deep } = nested();
    initializeProject(outer);
    vi.stubEnv('HOME', inner);
    expect(findProject(deep)).toBeUndefined();
  });

  it.skipIf(process.getuid?.() !== 0)('stops at a folder of another owner', () => {
    const { outer, inner, deep } = nested();
    initializeProject(outer);
    chownSync(join(inner, '..'), 65_534, 65_534);
    expect(findProject(deep)).toBeUndefined();
  });

  it.skipIf(process.getuid?.() !== 0)('passes over what a stranger put into an open folder', () => {
    const { inner } = nested();
    initializeProject(inner);
    chownSync(join(inner, '.mlstack'), 65_534, 65_534);
    expect(findProject(inner)).toBeUndefined();
  });
});

describe('opening a project', () => {
  it('takes the chosen folder and no other', () => {
    const { outer, inner } = nested();
    initializeProject(outer);
    expect(openProject({ directory: outer })).toMatchObject({ directory: outer, origin: 'chosen' });
    expect(() => openProject({ directory: inner })).toThrow('There is no mlstack project');
    vi.stubEnv('MLSTACK_PROJECT', outer);
    vi.stubEnv('MLSTACK_STACK', 'other');
    expect(openProject()).toMatchObject({ directory: outer, stackOverride: 'other' });
    vi.stubEnv('MLSTACK_PROJECT', join(outer, 'none'));
    expect(() => openProject()).toThrow('There is no mlstack project');
  });

  it('makes the per-user one where there is none', () => {
    const { inner: home, deep } = nested();
    vi.stubEnv('HOME', home);
    vi.spyOn(process, 'cwd').mockReturnValue(deep);
    const project = openProject();
    expect(project).toMatchObject({ directory: home, origin: 'user' });
    expect(project.registry.read().activeStack).toBe('default');
  });
});
