import { z } from '@mlstack/core/flavor';
import { explainInvalidPath } from './local-path.ts';

export function localPath(description: string) {
  return z
    .string()
    .min(1)
    .superRefine((path, context) => {
      const message = explainInvalidPath(path);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .describe(description);
}
