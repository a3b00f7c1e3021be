import type { MetadataStore } from '@mlstack/core/flavor';
import type { ConformanceSuite } from './conformance-suite.ts';
export interface MetadataStoreSubject {
  readonly store: MetadataStore;
  open(): Promise<MetadataStore>;
}
export const metadataStoreSuite: ConformanceSuite<MetadataStoreSubject> = { name: 'metadata store', cases: [] };
