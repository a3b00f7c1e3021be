import { accessSync, constants, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentType } from '../component/component-types.ts';
import type { Finding } from '../component/lifecycle.ts';
import type { StackComponent } from '../component/stack-component.ts';
import { describeError } from '../errors/describe-error.ts';
import { SecretValues } from '../secret/redact.ts';
import { buildComponent, referenceTo } from '../stack/open-stack.ts';
import { findStackIssues } from '../stack/validate-stack.ts';
import type { Project } from './project.ts';
import type { RegistryDocument, StackComponents } from './registry-document.ts';
import { requireChosenStack, requireComponent } from './registry-lookup.ts';

export interface Diagnosis {
  readonly stack: string;
  readonly findings: readonly (Finding & {
    /** Of one component; absent for the machine and the project. */
    readonly component?: { readonly type: ComponentType; readonly name: string };
  })[];
  /** Whether any finding is a problem. */
  readonly healthy: boolean;
}

export interface DiagnoseOptions {
  /** What is under way is given up and cleaned up. */
  readonly signal?: AbortSignal;
  /** How long one component may take. */
  readonly componentTimeoutMs?: number;
}

/** Enough for a cluster that has to fetch an image first. */
const defaultTimeoutMs = 120_000;
/** For what a component cleans up when its time is over. */
const cleanUpMs = 10_000;

/** What `mlstack doctor` shows: this machine, the project and each component of the stack, each finding with its fix. Changes nothing. */
export async function diagnoseProject(project: Project, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document);
  const issues = await findStackIssues(project, document, stack);
  const findings: Diagnosis['findings'][number][] = [
    checkNode(process.versions.node),
    ...checkFolder(project.stateDirectory),
    ...issues.map(({ path, message, hint = 'Correct the stack with `mlstack stack update`.' }) => ({
      level: 'problem' as const,
      subject: `stack ${stack.name}`,
      message: `${path.join('.')}: ${message}`,
      fix: hint,
    })),
    ...project.flavors.discover().problems.map((problem) => ({
      level: 'warning' as const,
      subject: `package ${problem.package}`,
      message: problem.message,
      fix: 'Install it again, or remove it.',
    })),
  ];
  for (const [type, name] of Object.entries(stack.components) as [ComponentType, string][]) {
    options.signal?.throwIfAborted();
    const found = await diagnoseComponent(project, document, { type, name, stack: stack.components }, options);
    findings.push(...found.map((finding) => ({ ...finding, component: { type, name } })));
  }
  return { stack: stack.name, findings, healthy: findings.every(({ level }) => level !== 'problem') };
}

interface DiagnosedComponent {
  readonly type: ComponentType;
  readonly name: string;
  readonly stack: StackComponents;
}

async function diagnoseComponent(
  project: Project,
  document: RegistryDocument,
  { type, name, stack }: DiagnosedComponent,
  { signal: interrupted, componentTimeoutMs = defaultTimeoutMs }: DiagnoseOptions,
): Promise<Finding[]> {
  const secrets = new SecretValues();
  const built: StackComponent[] = [];
  const open = async <Type extends ComponentType>(wanted: Type, wantedName: string) => {
    const reference = referenceTo(project, requireComponent(document, wanted, wantedName));
    const component = await buildComponent(project, { ...reference, type: wanted }, secrets);
    built.push(component);
    return component;
  };
  const timeout = AbortSignal.timeout(componentTimeoutMs);
  const signal = interrupted === undefined ? timeout : AbortSignal.any([interrupted, timeout]);
  try {
    const component = await open(type, name);
    const findings = await within(
      signal,
      component.diagnose({ artifactStore: () => open('artifact-store', stack['artifact-store'] ?? ''), signal }),
    );
    return findings.map((finding) => ({
      ...finding,
      message: secrets.redact(finding.message),
      ...(finding.fix === undefined ? {} : { fix: secrets.redact(finding.fix) }),
    }));
  } catch (error) {
    interrupted?.throwIfAborted();
    const { message, hint } = timeout.aborted
      ? { message: `gave no answer within ${componentTimeoutMs / 1000} s`, hint: 'Look whether it can be reached.' }
      : describeError(error, secrets);
    return [{ level: 'problem', subject: 'component', message, fix: hint ?? 'Look at its configuration.' }];
  } finally {
    await Promise.allSettled(built.map((component) => component.close()));
  }
}

/** Waits for `work`, and when the signal is aborted for as long as cleaning up may take. */
async function within<Answer>(signal: AbortSignal, work: Promise<Answer>): Promise<Answer> {
  const { promise: given, reject: giveUp } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const limit = () => {
    timer = setTimeout(() => giveUp(signal.reason), cleanUpMs);
  };
  signal.addEventListener('abort', limit, { once: true });
  try {
    return await Promise.race([work, given]);
  } finally {
    signal.removeEventListener('abort', limit);
    clearTimeout(timer);
  }
}

const leastNode = [22, 18] as const;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return isEnough
    ? { level: 'ok', subject: 'Node', message: `version ${version}` }
    : {
        level: 'problem',
        subject: 'Node',
        message: `version ${version} is too old`,
        fix: `Install Node ${leastNode.join('.')} or newer.`,
      };
}

function checkFolder(stateDirectory: string): Finding[] {
  const { mode } = statSync(stateDirectory);
  const isPrivate = process.platform === 'win32' || (mode & 0o077) === 0;
  const privacy: Finding = isPrivate
    ? { level: 'ok', subject: 'permissions', message: `${stateDirectory} is readable by you alone` }
    : {
        level: 'problem',
        subject: 'permissions',
        message: `${stateDirectory} can be read by others`,
        fix: `Run \`chmod 700 ${stateDirectory}\`.`,
      };
  try {
    accessSync(stateDirectory, constants.W_OK);
  } catch {
    const fix = `Make ${stateDirectory} writable, or choose another project with --project.`;
    return [privacy, { level: 'problem', subject: 'permissions', message: 'the project cannot be written to', fix }];
  }
  return [privacy, ...checkClock(stateDirectory)];
}

/** A disk elsewhere has a clock of its own: times of files are compared with those of records. */
function checkClock(stateDirectory: string): Finding[] {
  const probe = join(stateDirectory, `clock.${crypto.randomUUID().slice(-12)}.tmp`);
  try {
    const before = Date.now();
    writeFileSync(probe, '');
    const skewMs = Math.round(statSync(probe).mtimeMs - before);
    if (Math.abs(skewMs) < 2000) return [{ level: 'ok', subject: 'clock', message: 'agrees with that of the disk' }];
    return [
      {
        level: 'warning',
        subject: 'clock',
        message: `differs from that of the disk by ${(skewMs / 1000).toFixed(1)} s`,
        fix: 'Let both machines set their clocks from the network (NTP).',
      },
    ];
  } catch (error) {
    const { message } = describeError(error);
    return [{ level: 'problem', subject: 'disk', message, fix: 'Free some space, or look at the disk.' }];
  } finally {
    rmSync(probe, { force: true });
  }
}
