import { isAbsolute, join } from 'node:path';
import type { AnyNode, CallExpression } from 'acorn';
import { coreFunctionOf } from './core-function.ts';
import type { ParsedCode } from './parsed-code.ts';

/** An element of `assets: ['./data', './labels.csv']`. */
export interface ListedAsset {
  readonly node: AnyNode;
  /** Absolute. Absent where it cannot be known what the element is. */
  readonly path?: string;
  /** Whether it counts for every step, not only for the one that lists it. */
  readonly isOfPipeline: boolean;
}

/** What a `step({…})` or a `pipeline('name', {…}, …)` lists as its assets. @param module absolute */
export function listedAssetsOf(parsed: ParsedCode, node: CallExpression, module: string): readonly ListedAsset[] {
  const called = coreFunctionOf(parsed, node.callee);
  if (called !== 'step' && called !== 'pipeline') return [];
  const isOfPipeline = called === 'pipeline';
  const options = node.arguments[isOfPipeline ? 1 : 0];
  if (options?.type !== 'ObjectExpression') return [];
  const list = options.properties.find((part) => part.type === 'Property' && keyOf(part) === 'assets');
  if (list?.type !== 'Property') return [];
  if (list.value.type !== 'ArrayExpression') return [{ node: list.value, isOfPipeline }];
  return list.value.elements.map((element): ListedAsset => {
    const text = element === null ? undefined : textOf(element);
    if (element === null || text === undefined || isAbsolute(text)) return { node: element ?? list, isOfPipeline };
    return { node: element, path: join(module, '..', text), isOfPipeline };
  });
}

function keyOf({ key, computed }: AnyNode & { type: 'Property' }): string | undefined {
  if (key.type === 'Identifier') return computed ? undefined : key.name;
  return textOf(key);
}

function textOf(node: AnyNode): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}
