/** `epochs=5 kind="linear"`. */
export function formatAssignments(values: NonNullable<unknown>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ');
}
