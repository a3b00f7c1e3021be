import { join } from 'node:path';
import { readBundleManifest } from '../bundle/bundle-manifest.ts';
import { isComponentType } from '../component/component-types.ts';
import type { Issue } from '../errors/issue.ts';
import { ValidationError } from '../errors/issue.ts';
import { StepOperatorMissingError } from '../errors/run-errors.ts';
import type { JsonObject } from '../json-value.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { OpenStack } from '../stack/open-stack.ts';
import { launcherOf } from './run-schedule.ts';

/**
 * Checks what a plan asks of a stack: a step operator, settings that only one vendor knows, and what the flavors that run its steps
 * ask of it. Settings for a flavor that the
 * stack does not have are no error: a notice for each is returned.
 */
export async function validatePlanOnStack(project: Project, plan: Plan, stack: OpenStack): Promise<string[]> {
  const remote = plan.nodes.find(({ settings }) => settings.stepOperator === true);
  if (remote !== undefined && stack.reference('step-operator') === undefined) {
    throw new StepOperatorMissingError(remote.id, stack.name);
  }
  const notices: string[] = [];
  const issues: Issue[] = [];
  for (const [key, uses] of vendorSettings(plan)) {
    const [type = '', flavorName = ''] = key.split('/');
    if (!isComponentType(type) || flavorName === '') {
      issues.push(...uses.map(({ nodeId }) => ({ path: [nodeId, 'settings', key], message: 'is no "type/flavor"' })));
      continue;
    }
    const reference = stack.reference(type);
    if (reference?.flavor !== flavorName) {
      notices.push(`Settings for ${key} are ignored: stack "${stack.name}" has no ${type} of flavor ${flavorName}.`);
      continue;
    }
    const flavor = await project.flavors.loadSource(reference.source, { type, name: flavorName });
    for (const { nodeId, value } of uses) {
      const path = [nodeId, 'settings', key];
      if (flavor.settings === undefined) {
        issues.push({ path, message: `the flavor ${flavorName} takes no settings` });
        continue;
      }
      const parsed = flavor.settings.strict().safeParse(value);
      for (const issue of parsed.error?.issues ?? []) {
        issues.push({ path: [...path, ...issue.path.map((part) => String(part))], message: issue.message });
      }
    }
  }
  if (issues.length === 0) issues.push(...(await findRuleIssues(project, plan, stack)));
  if (issues.length > 0) throw new ValidationError(`Pipeline "${plan.pipeline}"`, issues);
  return notices;
}

async function findRuleIssues(project: Project, plan: Plan, stack: OpenStack): Promise<Issue[]> {
  const issues: Issue[] = [];
  for (const type of ['orchestrator', 'step-operator'] as const) {
    const reference = stack.reference(type);
    const nodes = plan.nodes.filter((node) => launcherOf(node) === type);
    if (reference === undefined || nodes.length === 0) continue;
    const { config, flavor: name, source } = reference;
    const { planRules } = await project.flavors.loadSource(source, { type, name });
    if (planRules.length === 0) continue;
    const { externals } = readBundleManifest(join(project.stateDirectory, 'bundles', plan.codeDigest));
    for (const rule of planRules) issues.push(...rule({ config, settingsKey: `${type}/${name}`, nodes, externals }));
  }
  return issues;
}

function vendorSettings(plan: Plan): Map<string, { readonly nodeId: string; readonly value: JsonObject }[]> {
  const found = new Map<string, { readonly nodeId: string; readonly value: JsonObject }[]>();
  for (const { id: nodeId, settings } of plan.nodes) {
    for (const [key, value] of Object.entries(settings.vendor ?? {})) {
      const uses = found.get(key);
      if (uses === undefined) found.set(key, [{ nodeId, value }]);
      else uses.push({ nodeId, value });
    }
  }
  return found;
}
