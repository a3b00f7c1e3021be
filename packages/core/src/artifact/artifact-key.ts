/**
 * Keys that core makes: `[a-z0-9._/-]`, at most 512 bytes, no empty segment, none that is `.` or `..`. Every artifact store
 * takes all of them, whatever lies beneath it.
 */
export type ArtifactKey = string;

const keyPattern = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/;
export const maximumKeyBytes = 512;

export function isArtifactKey(text: string): boolean {
  return (
    text.length <= maximumKeyBytes &&
    keyPattern.test(text) &&
    text.split('/').every((segment) => segment !== '.' && segment !== '..')
  );
}
