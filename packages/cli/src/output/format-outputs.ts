/** Of so many outputs a step's line shows the values. */
const mostShown = 12;

/** What a step made, by output name, on one line. The only output of a step that names none is shown by its value alone. */
export function formatOutputs(previews: Readonly<Record<string, string>>): string {
  const all = Object.entries(previews);
  const shown = all.slice(0, mostShown).map(([name, preview]) => (name === 'output' ? preview : `${name}: ${preview}`));
  if (all.length > mostShown) shown.push(`and ${all.length - mostShown} more`);
  return shown.join('  ');
}
