/** What drawing a graph asks of a node. */
export interface GraphNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** Stands before a node that alone follows the one above it: a chain does not move to the right. */
const onlyChild = '↓ ';
const widestStem = 60;

/**
 * A graph as a tree of text, first nodes first: each node stands under the last of those that it waits for, with the names of the
 * others behind it. Linear in nodes and edges.
 */
export function formatGraph<Node extends GraphNode>(
  nodes: readonly Node[],
  label: (node: Node) => string = (node) => node.id,
): string {
  const order = new Map(nodes.map((node, index) => [node.id, index]));
  const children = new Map<string | undefined, Node[]>();
  for (const node of nodes) {
    const parent = lastOf(node.dependsOn, order);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  const lines: string[] = [];
  const open = (children.get(undefined) ?? []).map((node) => ({ node, stem: '', branch: '', isLast: true })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, stem, branch, isLast } = next;
    const parent = lastOf(node.dependsOn, order);
    const others = node.dependsOn.filter((id) => id !== parent);
    lines.push(`${stem}${branch}${label(node)}${others.length === 0 ? '' : `  (and after ${others.join(', ')})`}`);
    const below = children.get(node.id) ?? [];
    const isStep = branch === '' || branch === onlyChild;
    const inner = isStep || stem.length >= widestStem ? stem : `${stem}${isLast ? '   ' : '│  '}`;
    for (let index = below.length - 1; index >= 0; index--) {
      const last = index === below.length - 1;
      const mark = below.length === 1 ? onlyChild : last ? '└─ ' : '├─ ';
      open.push({ node: below[index] as Node, stem: inner, branch: mark, isLast: last });
    }
  }
  return lines.join('\n');
}

function lastOf(ids: readonly string[], order: ReadonlyMap<string, number>): string | undefined {
  let last: string | undefined;
  for (const id of ids)
    if (order.has(id) && (last === undefined || (order.get(id) ?? 0) > (order.get(last) ?? 0))) last = id;
  return last;
}
