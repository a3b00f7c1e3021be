/** Checks the tarballs in `tarballs/` as users will install them, with publint and are-the-types-wrong: `node scripts/check-packages.ts`. */
import { spawnSync } from 'node:child_process';
import { listPublishedPackages } from './pack.ts';

for (const { name, tarball } of listPublishedPackages()) {
  const checks = [
    ['publint', tarball, '--strict'],
    ['attw', tarball, '--profile', 'esm-only', '--no-emoji'],
  ];
  for (const [command = '', ...args] of checks) {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status === 0) continue;
    console.error(`${command} is not content with ${name}:\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
}
