let onClosed: () => void = () => process.exit();

/** Whoever reads the output may stop reading, as `head` does: then the command is over, without a word. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    onClosed();
  });
}

/** From now on the command goes on to its end though nobody reads its output any more: a run is not to be cut off. */
export function goOnWithoutOutput(): void {
  onClosed = () => {};
}
