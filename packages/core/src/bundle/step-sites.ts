import type { AnyNode, CallExpression } from 'acorn';
import { childrenOf } from './child-nodes.ts';
import type { CodeUnit } from './code-units.ts';
import { coreFunctionOf } from './core-function.ts';
import type { CodeEdit } from './edit-code.ts';
import type { ParsedCode } from './parsed-code.ts';

/** A `step({…})` call at the top level of the user's modules, also in a static part of a class, in no loop: it runs once, so its place names the step. */
export interface StepSite {
  /** `src/steps.ts#trainModel`, with `~2`, `~3` where several calls stand in one declaration. Unique in the bundle. */
  readonly id: string;
  readonly call: CallExpression;
  /** The top-level declaration or statement that it stands in. */
  readonly unit: CodeUnit;
}

export function findStepSites(parsed: ParsedCode, units: readonly CodeUnit[]): readonly StepSite[] {
  const sites: StepSite[] = [];
  for (const unit of units) {
    stepCallsIn(unit.node, (callee) => coreFunctionOf(parsed, callee) === 'step').forEach((call, at) => {
      sites.push({ id: at === 0 ? unit.label : `${unit.label}~${at + 1}`, call, unit });
    });
  }
  return sites;
}

/** The site becomes the call's second argument. What follows in the line is moved, nothing before it. */
export function siteEdits(sites: readonly StepSite[]): readonly CodeEdit[] {
  return sites.flatMap(({ id, call }) => {
    const at = call.arguments[0]?.end;
    return at === undefined ? [] : [{ start: at, end: at, text: `, ${JSON.stringify(id)}` }];
  });
}

function stepCallsIn(node: AnyNode, isCallee: (callee: AnyNode) => boolean): readonly CallExpression[] {
  if (/Function|^MethodDefinition|^(For|While|DoWhile).*Statement$/.test(node.type)) return [];
  // A static field has its value when its class has; a field of an instance has one for each.
  if (node.type === 'PropertyDefinition') {
    return node.static && node.value != null ? stepCallsIn(node.value, isCallee) : [];
  }
  if (node.type === 'CallExpression' && isCallee(node.callee)) {
    return node.arguments.length === 1 && node.arguments[0]?.type !== 'SpreadElement' ? [node] : [];
  }
  return childrenOf(node).flatMap((child) => stepCallsIn(child, isCallee));
}
