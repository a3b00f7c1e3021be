import type { FlavorHost } from '@mlstack/core/project';
import { packageDirectory } from '../cli-package.ts';

/** This program, as core looks for flavors that come with it or are installed beside it. */
export const flavorHost: FlavorHost = {
  directory: packageDirectory,
  ...(process.argv[1] === undefined ? {} : { program: process.argv[1] }),
};
