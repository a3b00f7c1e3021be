import { styleText } from 'node:util';
import type { StackChange, StackChangePlan } from '@mlstack/core/project';
import { describeDemands } from '@mlstack/core/project';
import { formatValue } from './format-config.ts';

/** What a stack document would change, and what it asks for. */
export function formatStackChanges(plan: StackChangePlan): string {
  const changes = plan.changes.map(formatChange);
  const demands = describeDemands(plan).map((demand) => `  ${styleText('yellow', '!')} ${demand}`);
  return [
    ...(changes.length === 0 ? ['Nothing would change.'] : changes),
    ...(demands.length === 0 ? [] : ['It asks for:', ...demands]),
  ].join('\n');
}

function formatChange(change: StackChange): string {
  const plus = styleText('green', '+');
  switch (change.kind) {
    case 'register-flavor':
      return `${plus} flavor ${change.type}/${change.name} from ${change.source}`;
    case 'create-component':
      return `${plus} ${change.type} ${change.name} (${change.flavor})`;
    case 'create-stack':
      return `${plus} stack ${change.name}`;
    case 'update-component':
      return [`${styleText('yellow', '~')} ${change.type} ${change.name}`, ...change.fields.map(formatField)].join(
        '\n',
      );
    case 'update-stack':
      return [`${styleText('yellow', '~')} stack ${change.name}`, ...change.fields.map(formatField)].join('\n');
  }
}

function formatField({
  field,
  before,
  after,
}: {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}): string {
  const show = (value: unknown) => (value === undefined ? '(not set)' : formatValue(value));
  return `    ${field}: ${show(before)} → ${show(after)}`;
}
