import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { driverPermissions } from './driver-permissions.ts';
import { describeDriverObjects } from './namespace-objects.ts';

test('the page about Kubernetes tells every right that a driver has', () => {
  const page = readFileSync(new URL('../../../docs/kubernetes.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| resource | verbs |')).split('\n\n')[0] ?? '';
  const told = table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(told.map(([, resource, verbs = '']) => `${resource}: ${verbs.split(/: |, its/)[0]}`)).toEqual(
    driverPermissions.map(({ resource, verbs }) => `${resource}: ${verbs.join(', ')}`),
  );
});

test('the role reads no secrets, reaches no other namespace and gives nothing to pods', () => {
  const [account, role, binding] = describeDriverObjects('ml');
  const secrets = role.rules?.find(({ resources }) => resources?.includes('secrets'));
  expect(secrets?.verbs).not.toContain('get');
  expect(secrets?.verbs).not.toContain('list');
  expect(role.rules?.find(({ resources }) => resources?.includes('namespaces'))?.resourceNames).toEqual(['ml']);
  expect(JSON.stringify(role)).not.toContain('*');
  expect(account.automountServiceAccountToken).toBe(false);
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'mlstack-driver', namespace: 'ml' }]);
});
