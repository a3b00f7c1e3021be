import type { DescribedError } from '../errors/describe-error.ts';
import { describeError } from '../errors/describe-error.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent } from '../project/registry-document.ts';
import type { ComponentReference } from '../run/step-request.ts';
import { SecretValues } from '../secret/redact.ts';
import { buildComponent, referenceTo } from '../stack/open-stack.ts';
import type { ComponentType } from './component-types.ts';
import { chooseComponent } from './describe-component.ts';
import type { ComponentState, LifecycleOutcome } from './lifecycle.ts';
import { addToProvisionNote, removeProvisionNote } from './provision-note.ts';
import type { StackComponent } from './stack-component.ts';

export type LifecycleCall = 'provision' | 'resume' | 'suspend' | 'deprovision';

/** What happened to one component on the way up or down. */
export interface LifecycleReport {
  readonly type: ComponentType;
  readonly name: string;
  /** The calls that were made, in order. */
  readonly calls: readonly (LifecycleOutcome & { readonly call: LifecycleCall })[];
  /** As it is afterwards. */
  readonly state?: ComponentState;
  readonly message?: string;
  /** Why it could not be brought there; the other components are not held up by it. */
  readonly error?: DescribedError;
}

/** Provisions and resumes one component: the named one, else that of the active stack. */
export async function startComponent(project: Project, type: ComponentType, name?: string): Promise<LifecycleReport> {
  const component = chooseComponent(project, project.registry.read(), type, name);
  return await runLifecycle(project, component, ['provision', 'resume']);
}

/** Suspends one component, or with `deprovision` removes what its `provision` made. */
export async function stopComponent(
  project: Project,
  type: ComponentType,
  name?: string,
  { deprovision = false }: { readonly deprovision?: boolean } = {},
): Promise<LifecycleReport> {
  const component = chooseComponent(project, project.registry.read(), type, name);
  return await runLifecycle(project, component, [deprovision ? 'deprovision' : 'suspend']);
}

/** What the component writes about its work; `undefined` where it writes nothing. */
export async function readComponentLogs(
  project: Project,
  type: ComponentType,
  name: string | undefined,
  options: { readonly follow: boolean; readonly signal?: AbortSignal },
): Promise<AsyncIterable<string> | undefined> {
  const registered = chooseComponent(project, project.registry.read(), type, name);
  const secrets = new SecretValues();
  const component: StackComponent = await buildComponent(project, referenceTo(project, registered), secrets);
  const lines = component.logs?.(options);
  if (lines === undefined) {
    await component.close();
    return undefined;
  }
  return (async function* () {
    try {
      for await (const line of lines) yield secrets.redact(line);
    } finally {
      await component.close();
    }
  })();
}

/** Calls one after the other, up to the first that fails, then looks at the state. Does not throw: what fails is in the report. */
export async function runLifecycle(
  project: Project,
  registered: RegisteredComponent,
  calls: readonly LifecycleCall[],
): Promise<LifecycleReport> {
  const { type, name } = registered;
  const secrets = new SecretValues();
  const done: (LifecycleOutcome & { call: LifecycleCall })[] = [];
  let component: StackComponent | undefined;
  try {
    const reference: ComponentReference = referenceTo(project, registered);
    component = await buildComponent(project, reference, secrets);
    for (const call of calls) {
      const outcome = await component[call]();
      done.push({ call, ...outcome });
      if (call === 'deprovision') removeProvisionNote(project, registered.id);
      if (call !== 'provision' || outcome.outcome !== 'changed') continue;
      addToProvisionNote(project, registered.id, secrets.redact(outcome.message ?? 'what it was provisioned with'));
    }
    const { state, message } = await component.status();
    return { type, name, calls: done, state, ...(message === undefined ? {} : { message: secrets.redact(message) }) };
  } catch (error) {
    return { type, name, calls: done, error: describeError(error, secrets) };
  } finally {
    await component?.close().catch(() => undefined);
  }
}
