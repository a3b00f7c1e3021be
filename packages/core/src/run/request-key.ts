/** Where a request waits for its executor: beside the result. */
export function requestKey(outputPrefix: string): string {
  return `${outputPrefix}request.json`;
}
