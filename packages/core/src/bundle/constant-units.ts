import type { AnyNode } from 'acorn';
import type { CodeUnit } from './code-units.ts';

/** It neither changes anything nor reads what may be changed, so it is the same wherever it stands. */
export function isTimeless({ node, isRuntime }: CodeUnit): boolean {
  if (isRuntime || node.type === 'FunctionDeclaration') return true;
  return node.type === 'VariableDeclarator' && (node.init == null || isPlain(node.init));
}

function isPlain(node: AnyNode): boolean {
  switch (node.type) {
    case 'Literal':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true;
    case 'TemplateLiteral':
      return node.expressions.every(isPlain);
    case 'UnaryExpression':
      return isPlain(node.argument);
    case 'BinaryExpression':
      return isPlain(node.left) && isPlain(node.right);
    case 'ArrayExpression':
      return node.elements.every((element) => element === null || isPlain(element));
    case 'ObjectExpression':
      return node.properties.every((part) => part.type === 'Property' && !part.computed && isPlain(part.value));
    default:
      return false;
  }
}

/** What has nothing inside that code elsewhere could get hold of and change by another name: a function, a text, a class without static values. */
export function isConstant({ node }: CodeUnit): boolean {
  const value = node.type === 'VariableDeclarator' ? node.init : node;
  switch (value?.type) {
    case 'Literal':
    case 'TemplateLiteral':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true;
    case 'ClassDeclaration':
    case 'ClassExpression':
      return (
        value.superClass == null &&
        value.body.body.every((part) => part.type === 'MethodDefinition' || isOfInstance(part))
      );
    default:
      return false;
  }
}

function isOfInstance(part: AnyNode): boolean {
  return part.type === 'PropertyDefinition' && !part.static;
}
