import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatThirdPartyNotices } from './third-party-notices.ts';

test('each bundled package is named once, with what its license asks to be passed on', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mlstack-notices-'));
  const install = (name: string, manifest: object, files: Readonly<Record<string, string>> = {}) => {
    const folder = join(directory, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    return join(folder, 'lib/index.js');
  };
  try {
    const b = install('@scope/b', { license: 'MIT' }, { 'LICENSE.md': 'Copyright B', 'index.js': 'code' });
    const a = install('a', { license: 'ISC' });
    const text = formatThirdPartyNotices([b, join(b, '../other.js'), a, join(directory, 'src/own.ts')]);
    expect(text?.split(`\n\n${'-'.repeat(80)}\n\n`)).toEqual([
      'This package contains code of the packages below, under their licenses.',
      '@scope/b 1.0.0 (MIT)\n\nCopyright B',
      'a 1.0.0 (ISC)\n',
    ]);
    expect(formatThirdPartyNotices([join(directory, 'src/own.ts')])).toBeUndefined();
    expect(() => formatThirdPartyNotices([install('none', {})])).toThrow('none 1.0.0');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
