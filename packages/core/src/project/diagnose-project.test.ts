import { afterEach, expect, test, vi } from 'vitest';
import { registerComponent } from '../component/register-component.ts';
import { updateStack } from '../stack/change-stacks.ts';
import type { DiagnoseOptions } from './diagnose-project.ts';
import { diagnoseProject } from './diagnose-project.ts';
import { createFixtureProject } from './testing/fixture-project.ts';

afterEach(() => vi.unstubAllEnvs());

async function diagnoseAlerter(config: Readonly<Record<string, string>>, options?: DiagnoseOptions) {
  const project = createFixtureProject();
  await registerComponent(project, { type: 'alerter', name: 'chat', flavor: 'chat', config });
  await updateStack(project, undefined, { alerter: 'chat' });
  const { findings } = await diagnoseProject(project, options);
  return findings.filter(({ component }) => component?.type === 'alerter');
}

test('a component is diagnosed beside the artifact store of its stack', async () => {
  vi.stubEnv('CHAT_TOKEN', 'a-secret-token');
  expect(await diagnoseAlerter({ channel: 'ops', token: '{{env.CHAT_TOKEN}}' })).toEqual([
    {
      level: 'warning',
      subject: 'store',
      message: 'beside default',
      fix: 'Do not use ***',
      component: { type: 'alerter', name: 'chat' },
    },
  ]);
});

test('one that takes too long is told to come to an end, and what it found counts', async () => {
  const findings = await diagnoseAlerter({ channel: 'patient' }, { componentTimeoutMs: 20 });
  expect(findings.map(({ message }) => message)).toEqual(['was still waiting']);
});

test('one that never answers is a problem and holds up no other', { timeout: 30_000 }, async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const answer = diagnoseAlerter({ channel: 'silent' }, { componentTimeoutMs: 20 });
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0), { timeout: 20_000 });
    await vi.runAllTimersAsync();
    expect(await answer).toMatchObject([
      { level: 'problem', message: expect.stringContaining('no answer within 0.02 s') },
    ]);
  } finally {
    vi.useRealTimers();
  }
});

test('an interrupted diagnosis ends with the reason', async () => {
  const stop = new AbortController();
  const answer = diagnoseAlerter({ channel: 'patient' }, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
});
