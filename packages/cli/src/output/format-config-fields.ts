import type { ConfigField } from '@mlstack/core/project';
import { formatTable } from './format-table.ts';

/** The fields of a flavor; nested ones with dots. */
export function formatConfigFields(fields: readonly ConfigField[]): string {
  return formatTable(flattenFields(fields), [
    { title: 'FIELD', value: (field) => field.name, isWhole: true },
    { title: 'TYPE', value: fieldType },
    { title: 'DEFAULT', value: fieldDefault },
    { title: 'NOTES', value: fieldNotes, isProse: true },
  ]);
}

export function flattenFields(fields: readonly ConfigField[], prefix = ''): ConfigField[] {
  return fields.flatMap((field) => {
    const name = `${prefix}${field.name}`;
    return field.fields === undefined || field.fields.length === 0
      ? [{ ...field, name }]
      : flattenFields(field.fields, `${name}.`);
  });
}

export function fieldType({ type, enum: values }: ConfigField): string {
  return values === undefined
    ? type
    : values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' | ');
}

function fieldDefault({ default: value, required }: ConfigField): string {
  if (value === undefined) return required ? '(required)' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function fieldNotes({ description, sensitive, location }: ConfigField): string {
  const notes = [
    description,
    sensitive ? 'secret: takes a reference as {{env.NAME}}' : undefined,
    location ? 'fixed while records point there' : undefined,
  ];
  return notes.filter((note) => note !== undefined).join('; ');
}
