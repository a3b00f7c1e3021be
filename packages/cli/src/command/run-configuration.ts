import type { RunConfiguration } from '@mlstack/core/project';
import { parseParamFlags, parseRunConfiguration } from '@mlstack/core/project';
import { documentName, readDocument } from './read-document.ts';
import { UsageError } from './usage-error.ts';

interface RunFlags {
  readonly config?: string | undefined;
  readonly param?: readonly string[] | undefined;
  readonly 'run-name'?: string | undefined;
  readonly 'no-cache'?: boolean;
}

/** What `--config` says with the other flags laid over it. */
export async function readRunConfiguration(flags: RunFlags): Promise<RunConfiguration> {
  const { param = [], 'run-name': runName, 'no-cache': noCache = false } = flags;
  return {
    ...(flags.config === undefined ? {} : await readConfigurationFile(flags.config)),
    ...(runName === undefined ? {} : { runName }),
    ...(noCache ? { cache: false } : {}),
    ...(param.length === 0 ? {} : { paramTexts: parseParamFlags(param) }),
  };
}

async function readConfigurationFile(file: string): Promise<RunConfiguration> {
  const text = readDocument(file);
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw new UsageError(`${documentName(file)} is not YAML: ${(cause as Error).message.trim()}`, {
      hint: 'Correct the file.',
      cause,
    });
  }
  return parseRunConfiguration(document, documentName(file));
}
