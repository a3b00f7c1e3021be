/** What a step made, by output name, on one line. The only output of a step that names none is shown by its value alone. */
export function formatOutputs(previews: Readonly<Record<string, string>>): string {
  return Object.entries(previews)
    .map(([name, preview]) => (name === 'output' ? preview : `${name}: ${preview}`))
    .join('  ');
}
