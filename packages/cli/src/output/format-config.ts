import { styleText } from 'node:util';
import { formatFields } from './format-table.ts';

/** A component's fields, those that were set before those that have their defaults. */
export function formatConfig({
  config,
  defaults,
  problem,
}: {
  readonly config: Readonly<Record<string, unknown>>;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}): string {
  const fields = [
    ...Object.entries(config).map(([name, value]) => [`  ${name}`, formatValue(value)] as const),
    ...Object.entries(defaults).map(
      ([name, value]) => [`  ${name}`, `${formatValue(value)}  ${styleText('dim', '(default)')}`] as const,
    ),
    ...(problem === undefined ? [] : [['  problem', problem] as const]),
  ];
  return formatFields(fields);
}

/** A value of a config as one writes it on the command line. */
export function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
