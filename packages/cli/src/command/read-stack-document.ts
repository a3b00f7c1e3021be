import { parseStackDocument } from '@mlstack/core/project';
import { documentName, readDocument } from './read-document.ts';

/** The stack that a file which the command line names describes; `-` is standard input. */
export async function readStackDocument(file: string): ReturnType<typeof parseStackDocument> {
  return await parseStackDocument(documentName(file), readDocument(file));
}
