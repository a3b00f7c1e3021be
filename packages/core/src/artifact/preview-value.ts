const maximumLength = 200;

/** A few words that tell a person what a value is. */
export function previewValue(value: unknown): string {
  return shorten(describe(value));
}

export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= maximumLength ? line : `${line.slice(0, maximumLength - 1)}…`;
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return describeLeaf(value) ?? describeFields(value);
  if (typeof value === 'string')
    return value.length <= 60 && !value.includes('\n') ? JSON.stringify(value) : `text, ${value.length} characters`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** What has a short form of its own; nothing for an object with fields. */
function describeLeaf(value: object): string | undefined {
  if (Array.isArray(value))
    return value.length <= 8 && value.every((item) => item === null || typeof item !== 'object')
      ? `[${value.map(describe).join(', ')}]`
      : `Array(${value.length})`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name}(${value.size})`;
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${(value as Uint8Array).length ?? value.byteLength})`;
  return undefined;
}

function describeFields(value: object): string {
  const entries = Object.entries(value);
  const parts = entries
    .slice(0, 6)
    .map(
      ([key, item]) =>
        `${key}: ${typeof item === 'object' && item !== null ? (describeLeaf(item) ?? '{…}') : describe(item)}`,
    );
  return `{${[...parts, ...(entries.length > 6 ? ['…'] : [])].join(', ')}}`;
}
