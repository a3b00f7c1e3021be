import { expect, test } from 'vitest';
import { initializeProject } from '../project/initialize-project.ts';
import { openProject } from '../project/project.ts';
import { temporaryDirectory, writeFiles } from '../project/testing/fixture-project.ts';
import { openStack } from '../stack/open-stack.ts';
import { planOf, stepNode } from './fixtures/plans.ts';
import { validatePlanOnStack } from './validate-plan-on-stack.ts';

/** An orchestrator that refuses code that does not carry everything. */
const flavors = `
import { defineFlavor, z } from '@mlstack/core/flavor';
export const picky = defineFlavor({
  type: 'orchestrator', name: 'picky', contractVersion: 1, capabilities: { reach: 'network' },
  config: z.strictObject({ zone: z.string() }),
  settings: z.strictObject({ size: z.int().optional() }),
  planRules: [({ config, settingsKey, nodes, externals }) => externals.map(({ name }) => ({
    path: [nodes[0].id],
    message: name + ' is not carried to ' + config.zone + ' for ' + nodes.map(({ id }) => id) + ' by ' + settingsKey,
    hint: 'Carry it.',
  }))],
  implementation: async () => function () {},
});
`;

const codeDigest = 'd'.repeat(64);

async function validate(
  externals: readonly { readonly name: string }[],
  nodes = [stepNode('load'), stepNode('train')],
) {
  const directory = temporaryDirectory();
  initializeProject(directory);
  writeFiles(directory, {
    'flavors.mjs': flavors,
    [`.mlstack/bundles/${codeDigest}/bundle.json`]: { formatVersion: 1, externals },
    '.mlstack/registry.json': {
      formatVersion: 1,
      activeStack: 'far',
      stacks: [{ name: 'far', components: { orchestrator: 'far' } }],
      components: [{ id: 'o', type: 'orchestrator', name: 'far', flavor: 'picky', config: { zone: 'north' } }],
      customFlavors: [{ type: 'orchestrator', name: 'picky', source: './flavors.mjs#picky' }],
    },
  });
  const project = openProject({ directory });
  return await validatePlanOnStack(project, planOf(nodes, { codeDigest }), await openStack(project));
}

test('a flavor that runs steps refuses a plan by its own rules, with what it is told of the code and the steps', async () => {
  await expect(validate([{ name: 'native' }])).rejects.toMatchObject({
    issues: [
      {
        path: ['load'],
        message: 'native is not carried to north for load,train by orchestrator/picky',
        hint: 'Carry it.',
      },
    ],
  });
  expect(await validate([])).toEqual([]);
});

test('settings are checked by the schema before the rules, and those of other flavors are told', async () => {
  const wrong = stepNode('load', { settings: { vendor: { 'orchestrator/picky': { size: 'big' } } } });
  await expect(validate([{ name: 'native' }], [wrong])).rejects.toMatchObject({
    issues: [{ path: ['load', 'settings', 'orchestrator/picky', 'size'] }],
  });
  const other = stepNode('load', { settings: { vendor: { 'orchestrator/other': {} } } });
  expect(await validate([], [other])).toEqual([expect.stringContaining('Settings for orchestrator/other are ignored')]);
});
