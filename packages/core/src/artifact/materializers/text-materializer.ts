import type { Materializer } from '../materializer.ts';

/** Text in UTF-8, in the file `value.txt`. What is no valid Unicode (a lone surrogate) is refused, since it would not come back. */
export const textMaterializer: Materializer<string> = {
  id: 'text',
  version: 1,
  accepts: (value) => typeof value === 'string' && value.isWellFormed(),
  save: async (value, writer) => {
    if (!value.isWellFormed()) throw new TypeError('The text has half a surrogate pair, which UTF-8 cannot say.');
    await writer.writeFile('value.txt', Buffer.from(value, 'utf8'));
  },
  load: async (reader) => Buffer.from(await reader.readBytes('value.txt')).toString('utf8'),
};

/**
 * Text whose file has a name of its own, so that what opens it knows what it is: `textFile('confusion.svg')`.
 */
export function textFile(fileName: string): Materializer<string> {
  return {
    id: 'text',
    version: 1,
    save: async (value, writer) => {
      if (!value.isWellFormed()) throw new TypeError('The text has half a surrogate pair, which UTF-8 cannot say.');
      await writer.writeFile(fileName, Buffer.from(value, 'utf8'));
    },
    load: async (reader) => Buffer.from(await reader.readBytes(reader.files[0]?.path ?? fileName)).toString('utf8'),
  };
}
