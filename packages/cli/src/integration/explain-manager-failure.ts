export interface ManagerFailure {
  /** Ends a sentence. */
  readonly reason: string;
  readonly hint: string;
}

const unreachable: ManagerFailure = {
  reason: 'the registry cannot be reached',
  hint: 'Check the network, the proxy and which registry it asks, and try again; its own output is above.',
};
const refused: ManagerFailure = {
  reason: 'the registry does not let you read it',
  hint: 'Log in to the registry, or ask another one; its own output is above.',
};
const forbidden: ManagerFailure = {
  reason: 'it may not write there',
  hint: 'Change the permissions of the file or folder that its own output above names, and try again.',
};
const full: ManagerFailure = {
  reason: 'no space is left on the disk',
  hint: 'Free some space and try again; its own output above tells where.',
};

const failures: Readonly<Record<string, ManagerFailure>> = {
  E401: refused,
  E403: refused,
  ENEEDAUTH: refused,
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: { ...forbidden, reason: 'the file system is read-only' },
  ENOSPC: full,
  EDQUOT: { ...full, reason: 'the disk quota is used up' },
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ETIMEDOUT: unreachable,
  ENETUNREACH: unreachable,
  EHOSTUNREACH: unreachable,
};

const code = new RegExp(`\\b(?:${Object.keys(failures).join('|')})\\b`);

/** Why a package manager failed, from the first code of an error that it printed; nothing where there is none that is known. */
export function explainManagerFailure(output: string): ManagerFailure | undefined {
  const [found = ''] = code.exec(output) ?? [];
  return failures[found];
}

/** Whether what a package manager printed says that the registry has no such package: all tell its name, and 404 or "not found", near each other. */
export function isPackageMissing(output: string, packageName: string): boolean {
  const text = output.replaceAll(/%2f/gi, '/').replaceAll(/[^\w@/.-]+/g, ' ');
  const name = `${packageName.replaceAll('.', '\\.')}(?![\\w-])`;
  const missing = '(?:\\bE?404\\b|\\bnot found\\b)';
  return new RegExp(`${missing}.{0,200}${name}|${name}.{0,200}${missing}`, 'i').test(text);
}
