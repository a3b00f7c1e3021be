const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** Bytes of `1073741824`, `512Mi`, `4Gi`, `2GB`; `undefined` for what is none of these. */
export function parseBytes(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) && text > 0 ? Math.floor(text) : undefined;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?$/i.exec(String(text).trim()) ?? [];
  const factor = units[unit.toLowerCase()];
  return amount === undefined || factor === undefined || Number(amount) === 0
    ? undefined
    : Math.floor(Number(amount) * factor);
}
