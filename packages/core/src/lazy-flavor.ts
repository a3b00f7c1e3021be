/** What flavors get for `@mlstack/core/flavor` from a built core that loads them: the language of schemas is loaded when one is made. */
import { createRequire } from 'node:module';

// biome-ignore lint/performance/noReExportAll: the same, but for one thing.
export * from './flavor-contracts.ts';

const require = createRequire(import.meta.url);
const languageFile = './schema-language.js';
export const z = new Proxy({}, { get: (_, name) => require(languageFile).z[name] });
