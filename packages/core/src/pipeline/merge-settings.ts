import type { StepSettings } from './plan.ts';

/**
 * Settings laid over each other, the last one on top: objects (`retry`, `resources`, those of a vendor) key by key, anything else as
 * a whole. What is `undefined` says nothing.
 */
export function mergeSettings(layers: readonly (StepSettings | undefined)[]): StepSettings {
  return layers.reduce<Record<string, unknown>>((merged, layer) => mergeRecords(merged, layer ?? {}), {});
}

function mergeRecords(below: Readonly<Record<string, unknown>>, above: object): Record<string, unknown> {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const old = merged[key];
    merged[key] = isRecord(value) ? mergeRecords(isRecord(old) ? old : {}, value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
