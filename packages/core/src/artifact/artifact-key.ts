/**
 * Keys that core makes: `[a-z0-9._/-]`, at most 512 bytes, segments of 1 to 200 bytes, none that is `.` or `..`. Every
 * artifact store takes all of them, whatever lies beneath it. Core never makes a key that is the folder of another (`a` and
 * `a/b`): a store may refuse the second.
 */
export type ArtifactKey = string;

const keyPattern = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/;
export const maximumKeyBytes = 512;
const maximumSegmentBytes = 200;

export function isArtifactKey(text: string): boolean {
  return (
    text.length <= maximumKeyBytes &&
    keyPattern.test(text) &&
    text.split('/').every((segment) => segment.length <= maximumSegmentBytes && segment !== '.' && segment !== '..')
  );
}
