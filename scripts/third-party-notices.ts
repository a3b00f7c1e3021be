import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const licenseFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/**
 * The text that goes with a bundle: of each package in it, by name, what its license asks to be passed on.
 *
 * @param modules files that were bundled, absolute.
 * @throws Error naming a package that tells no license at all.
 */
export function formatThirdPartyNotices(modules: Iterable<string>): string | undefined {
  const folders = new Set([...modules].map(packageFolderOf).filter((folder) => folder !== undefined));
  const notices = new Map<string, string>();
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const title = `${manifest.name} ${manifest.version}`;
    const texts = readdirSync(folder)
      .filter((name) => licenseFile.test(name))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8').trim());
    if (texts.length === 0 && typeof manifest.license !== 'string')
      throw new Error(`${title} is bundled and has no license, neither in a file nor in its package.json`);
    notices.set(title, [`${title} (${manifest.license ?? 'see below'})`, ...texts].join('\n\n'));
  }
  if (notices.size === 0) return undefined;
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const parts = [...notices].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text);
  return `${['This package contains code of the packages below, under their licenses.', ...parts].join(rule)}\n`;
}

function packageFolderOf(module: string): string | undefined {
  const path = module.replaceAll('\\', '/');
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]?.replace(/^\0+/, '');
}
