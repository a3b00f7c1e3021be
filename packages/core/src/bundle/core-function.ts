import type { AnyNode } from 'acorn';
import type { ParsedCode } from './parsed-code.ts';

/** The name of core's function that is called: `step` for `step(…)`, also where it was imported under another name or as `core.step`. */
export function coreFunctionOf(parsed: ParsedCode, callee: AnyNode): string | undefined {
  const name = callee.type === 'MemberExpression' ? callee.object : callee;
  if (name.type !== 'Identifier') return undefined;
  for (const { type, node, parent } of parsed.variables.get(name.start)?.defs ?? []) {
    if (type !== 'ImportBinding' || parent.source.value !== '@mlstack/core') continue;
    if (callee.type !== 'MemberExpression') return node.type === 'ImportSpecifier' ? nameOf(node.imported) : undefined;
    const isNamed = !callee.computed && callee.property.type === 'Identifier';
    return node.type === 'ImportNamespaceSpecifier' && isNamed ? nameOf(callee.property) : undefined;
  }
  return undefined;
}

function nameOf(node: object): string | undefined {
  return 'name' in node && typeof node.name === 'string' ? node.name : undefined;
}
