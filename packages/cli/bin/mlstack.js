#!/usr/bin/env node
// Nothing an old Node cannot parse and no static import, so that it gets as far as the message.
const version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  console.error(`mlstack needs Node 22.18 or newer; this is Node ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  if (isThereOrMade(`${process.getBuiltinModule('node:os').tmpdir()}/node-compile-cache`)) {
    process.getBuiltinModule('node:module').enableCompileCache();
  }
  // Not awaited: a top-level await that a closed pipe leaves unsettled would end the process with exit code 13.
  import('../dist/index.js')
    .then((cli) => cli.main(process.argv.slice(2)))
    .then((isOver) => {
      // What was printed is out: taking down what is in memory piece by piece would be the longest part of a short command.
      if (isOver === true) process.stdout.write('', () => process.exit());
    });
}

/** Node would never end to make that folder where none can be made, as in `/proc`. */
function isThereOrMade(folder) {
  const { existsSync, mkdirSync } = process.getBuiltinModule('node:fs');
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    return true;
  } catch {
    return existsSync(folder);
  }
}
