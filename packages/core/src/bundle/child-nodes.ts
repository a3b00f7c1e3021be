import type { AnyNode } from 'acorn';
import { isNode } from './code-text.ts';

export function isFunction(node: AnyNode): boolean {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

/** A node's children, each with whether its value is thrown away. */
export function partsOf(node: AnyNode, discarded: boolean): readonly (readonly [AnyNode, boolean])[] {
  switch (node.type) {
    case 'ExpressionStatement':
      return [[node.expression, true]];
    case 'AwaitExpression':
      return [[node.argument, discarded]];
    case 'ChainExpression':
      return [[node.expression, discarded]];
    case 'SequenceExpression':
      return node.expressions.map((expression, at) => [expression, discarded || at < node.expressions.length - 1]);
    case 'UnaryExpression':
      return [[node.argument, node.operator === 'void' || discarded]];
    case 'LogicalExpression':
      return [
        [node.left, false],
        [node.right, discarded],
      ];
    case 'ConditionalExpression':
      return [
        [node.test, false],
        [node.consequent, discarded],
        [node.alternate, discarded],
      ];
    default:
      return childrenOf(node).map((child) => [child, false]);
  }
}

export function childrenOf(node: AnyNode): readonly AnyNode[] {
  const children: AnyNode[] = [];
  for (const field of Object.values(node)) {
    if (Array.isArray(field)) children.push(...field.filter(isNode));
    else if (isNode(field)) children.push(field);
  }
  return children;
}
