import assert from 'node:assert/strict';
import { MlstackError } from '@mlstack/core/flavor';

/** Expects an error of mlstack's with this code. */
export async function rejectsWith(code: string, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => assert.fail(`nothing was thrown where ${code} was expected`),
    (thrown: unknown) => thrown,
  );
  assert.ok(MlstackError.is(error), `${error} is no MlstackError`);
  assert.equal(error.code, code);
}
