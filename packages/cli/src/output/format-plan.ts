import type { Plan } from '@mlstack/core/project';
import { formatAssignments } from './format-assignments.ts';
import { formatGraph } from './format-graph.ts';

/** The steps of a plan as a graph. */
export function formatPlan(plan: Plan): string {
  const nodes = plan.nodes.map((node) => ({
    ...node,
    dependsOn: [...new Set([...Object.values(node.inputs).map((input) => input.node), ...node.after])],
  }));
  return formatGraph(nodes, (node) => {
    const params = formatAssignments(node.params ?? {});
    return `${node.id}${params === '' ? '' : `  ${params}`}`;
  });
}
