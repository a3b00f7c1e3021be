/** `mlstack --project x stack list` means `mlstack stack list --project x`. */
export function moveLeadingFlags(argv: readonly string[]): string[] {
  const { leading, rest } = takeLeadingFlags(argv);
  if (leading.length === 0) return rest;
  const end = rest.findIndex((word) => word.startsWith('-'));
  return end === -1 ? [...rest, ...leading] : [...rest.slice(0, end), ...leading, ...rest.slice(end)];
}

/** Global flags with their values, and what comes after them. */
export function takeLeadingFlags(argv: readonly string[]): { readonly leading: string[]; readonly rest: string[] } {
  const rest = [...argv];
  const leading: string[] = [];
  while (rest[0] !== undefined && /^--(json|(project|stack)(=|$))/.test(rest[0])) {
    const takesNext = rest[0] === '--project' || rest[0] === '--stack';
    leading.push(...rest.splice(0, takesNext ? 2 : 1));
  }
  return { leading, rest };
}
