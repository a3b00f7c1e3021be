import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { Launcher } from './launcher.ts';
import type { RestoredRun } from './restore-run.ts';
import type { RunEvent } from './run-events.ts';
import type { Lease, NewRun } from './run-record.ts';

/** Waits and limits of a driver, in milliseconds. */
export interface DriveTiming {
  /** How long a lease lasts after it was renewed. */
  readonly leaseTtlMs: number;
  /** How often the lease is renewed and requests are looked for. */
  readonly heartbeatMs: number;
  /** From a step's abort signal to force. */
  readonly stopGraceMs: number;
  /** How long an artifact store that fails is asked again for a result. */
  readonly storePatienceMs: number;
}

export const defaultDriveTiming: DriveTiming = {
  leaseTtlMs: 15_000,
  heartbeatMs: 500,
  stopGraceMs: 10_000,
  storePatienceMs: 300_000,
};

export interface DriveOptions {
  readonly run: NewRun;
  readonly lease: Lease;
  readonly metadataStore: MetadataStore;
  /** Its `storeId()`. */
  readonly metadataStoreId: string;
  readonly artifactStore: ArtifactStore;
  /** Owned by the caller, who closes them when this has settled. */
  readonly launchers: { readonly orchestrator: Launcher; readonly 'step-operator'?: Launcher };
  /** Of a run that goes on. Absent: nothing of it was started. */
  readonly restored?: RestoredRun;
  /** Where the values of environment variables come from that steps and components name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onEvent?: (event: RunEvent) => void;
  /** Told when nothing is launched any more and all that was launched has ended, before the end of the run is recorded. */
  readonly onSettled?: () => void;
  readonly signal?: AbortSignal;
  readonly timing?: Partial<DriveTiming>;
}
