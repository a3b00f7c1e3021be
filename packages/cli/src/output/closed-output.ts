import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { formatError } from './report-error.ts';

let onClosed: () => void = () => process.exit();

/**
 * Whoever reads the output may stop reading, as `head` does: then the command is over, without a word. Output that is lost otherwise, as on a
 * full disk, is told, and is a failure.
 */
export function watchOutput(): void {
  process.stdout.on('error', handleFailure);
  if ((process.stdout as { _type?: string })._type === 'fs') writeWholly();
}

/** From now on the command goes on to its end though nobody reads its output any more: a run is not to be cut off. */
export function goOnWithoutOutput(): void {
  onClosed = () => {};
}

/** To be awaited after each part of a long output: what nobody reads yet is not heaped up, and one who has stopped reading is noticed. */
export async function waitForReader(): Promise<void> {
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}

let isLost = false;

function handleFailure(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && !isLost) {
    isLost = true;
    tellLoss(error);
  }
  onClosed();
}

function tellLoss({ code, message }: NodeJS.ErrnoException): void {
  process.once('exit', () => {
    if (process.exitCode === undefined || process.exitCode === 0) process.exitCode = 1;
  });
  const reason = code === 'ENOSPC' ? 'no space is left on the disk of its file' : message;
  const hint = 'What was to be done was done or goes on; what was to be shown is lost, or cut off.';
  process.stderr.write(
    formatError({ error: { code: 'OUTPUT_LOST', message: `The output cannot be written: ${reason}.`, hint } }),
  );
}

/**
 * Into a file Node writes what the disk takes of a text, does not look whether that is all of it, and throws where it is nothing. A failure is no
 * `error` of the stream: others who listen for one throw it.
 */
function writeWholly(): void {
  process.stdout._write = (chunk: Uint8Array | string, encoding, callback) => {
    try {
      let rest = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
      while (rest.byteLength > 0) rest = rest.subarray(writeSync(process.stdout.fd, rest));
    } catch (error) {
      handleFailure(error as NodeJS.ErrnoException);
    }
    callback();
  };
}
