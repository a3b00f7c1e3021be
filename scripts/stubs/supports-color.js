// Stands in for the package: Node itself knows, and need not load its terminal code where no terminal is.
const hasColors = (stream) => stream.isTTY === true && stream.hasColors();

export const stdout = hasColors(process.stdout);
export const stderr = hasColors(process.stderr);
