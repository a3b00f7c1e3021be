/** What only the workspace needs does not travel in a package: how it is built, and that inside the workspace its source is used. */
function beforePacking(manifest) {
  const { scripts: _scripts, devDependencies: _devDependencies, 'mlstack-build': _build, ...published } = manifest;
  for (const target of Object.values(published.exports ?? {})) {
    if (typeof target === 'object') delete target['mlstack-source'];
  }
  return published;
}

export const hooks = { beforePacking };
