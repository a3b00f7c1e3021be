/** For those who write flavors. */
// biome-ignore lint/performance/noReExportAll: the same, and one thing more.
export * from './flavor-contracts.ts';
export { z } from './schema-language.ts';
