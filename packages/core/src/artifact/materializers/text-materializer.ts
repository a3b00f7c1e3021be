import { ValueNotStorableError } from '../../errors/artifact-errors.ts';
import type { Materializer } from '../materializer.ts';
import { readWholeFile } from './read-whole-file.ts';

/** Text in UTF-8, in the file `value.txt`. Half of a surrogate pair is refused: UTF-8 cannot say it. */
export const textMaterializer: Materializer<string> = createTextMaterializer('value.txt');

/**
 * Text whose file has a name of its own, so that whatever opens it knows what it is.
 *
 * ```ts
 * const plot = step({ name: 'plot', outputs: { chart: textFile('chart.svg') }, run: () => ({ chart: '<svg …' }) });
 * ```
 */
export function textFile(fileName: string): Materializer<string> {
  return createTextMaterializer(fileName);
}

function createTextMaterializer(fileName: string): Materializer<string> {
  return {
    id: 'text',
    version: 1,
    accepts: (value) => typeof value === 'string' && value.isWellFormed(),
    async save(value, writer) {
      if (typeof value !== 'string')
        throw new ValueNotStorableError('', `no text but ${value === null ? 'null' : `of type ${typeof value}`}`);
      if (!value.isWellFormed())
        throw new ValueNotStorableError('', 'text with half of a surrogate pair, which UTF-8 cannot say', {
          hint: 'Give the output no materializer: it is then stored as JSON.',
        });
      await writer.writeFile(fileName, Buffer.from(value));
    },
    // The text may have been stored under another name, by a text materializer that was declared otherwise.
    load: async (reader) =>
      Buffer.from((await readWholeFile(reader, reader.files[0]?.path ?? fileName)).buffer).toString('utf8'),
  };
}
