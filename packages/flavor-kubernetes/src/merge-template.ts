/** Plain data of a manifest. */
export type Manifest = { readonly [key: string]: unknown };

/** Lays one manifest over another: objects field by field, lists whose entries have names entry by entry, everything else as a whole. */
export function mergeTemplate(base: Manifest, over: Manifest): Manifest {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = mergeValue(base[key], value);
  return merged;
}

function mergeValue(base: unknown, over: unknown): unknown {
  if (isManifest(base) && isManifest(over)) return mergeTemplate(base, over);
  if (!isNamedList(base) || !isNamedList(over)) return over;
  const rest = new Map(over.map((entry) => [entry.name, entry]));
  const changed = base.map((entry) => {
    const found = rest.get(entry.name);
    rest.delete(entry.name);
    return found === undefined ? entry : mergeTemplate(entry, found);
  });
  return [...changed, ...rest.values()];
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is (Manifest & { readonly name: string })[] {
  return Array.isArray(value) && value.every((entry) => isManifest(entry) && typeof entry.name === 'string');
}
