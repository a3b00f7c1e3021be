// Stands in for packages that oclif loads at every start for ways of finding commands and plugins that are not used here.
const unreachable = () => {
  throw new Error('This part of oclif is not in this program.');
};

export { unreachable as escapePath, unreachable as glob, unreachable as lilconfig, unreachable as minimatch };
