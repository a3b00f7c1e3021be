/** Whether text may name a file inside an artifact: relative, with `/`, staying below the folder that it is written to. */
export function isArtifactFilePath(text: string): boolean {
  if (text.includes('\0') || (process.platform === 'win32' && /[\\:]/.test(text))) return false;
  return text.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
