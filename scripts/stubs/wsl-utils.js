// Stands in for the package in bundles: oclif asks it for the platform's name at every start, at 7 to 14 ms.
export const isWsl = false;
export const powerShellPath = async () => 'powershell.exe';
