import { describe, expect, it } from 'vitest';
import { loadProjectConfig } from './project-config.ts';
import { createFixtureProject, writeFiles } from './testing/fixture-project.ts';

async function load(files: Readonly<Record<string, string>>): Promise<unknown> {
  const project = createFixtureProject();
  writeFiles(project.directory, files);
  return await loadProjectConfig(project);
}

describe('mlstack.config', () => {
  it('may be TypeScript, JavaScript, JSON, YAML or absent', async () => {
    const run = { cache: false, steps: { train: { settings: { timeoutMs: 5 } } } };
    const text = JSON.stringify({ run });
    expect(await load({ 'mlstack.config.ts': `enum E { A }\nexport default ${text} satisfies object;` })).toEqual({
      run,
    });
    expect(await load({ 'mlstack.config.mjs': `export default ${text}` })).toEqual({ run });
    expect(await load({ 'mlstack.config.json': text })).toEqual({ run });
    expect(await load({ 'mlstack.config.yaml': 'run:\n  cache: false' })).toEqual({ run: { cache: false } });
    expect(await load({ 'mlstack.config.yaml': '' })).toEqual({});
    expect(await load({})).toEqual({});
  });

  it.each([
    [{ 'mlstack.config.yaml': 'runs: {}' }, 'runs: is not known'],
    [{ 'mlstack.config.yaml': 'run: 5' }, 'run: an object is expected'],
    [{ 'mlstack.config.yaml': '- a' }, 'an object is expected'],
    [{ 'mlstack.config.yaml': 'a: [' }, 'cannot be loaded'],
    [{ 'mlstack.config.json': '{' }, 'cannot be loaded'],
    [{ 'mlstack.config.mjs': 'throw new Error("no luck")' }, 'no luck'],
    [{ 'mlstack.config.ts': 'throw new Error("no luck")' }, 'no luck'],
    [{ 'mlstack.config.json': '{}', 'mlstack.config.yaml': '' }, 'mlstack.config.json and mlstack.config.yaml'],
  ])('%j is refused', async (files, message) => {
    await expect(load(files)).rejects.toMatchObject({
      code: expect.any(String),
      message: expect.stringContaining(message),
    });
  });
});
