import type { EndCause } from './launcher.ts';
import type { HookRecord, NodeState, RunState } from './run-record.ts';
import type { ErrorRecord } from './step-result.ts';

/** What a driver tells whoever watches it, after it is durable. */
export type RunEvent =
  | {
      readonly kind: 'run-started';
      readonly runId: string;
      readonly name: string;
      readonly pipeline: string;
      readonly stack: string;
      readonly nodes: number;
      readonly resumed: boolean;
    }
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'node-waiting'; readonly nodeId: string; readonly attempt: number; readonly reason: string }
  | { readonly kind: 'node-started'; readonly nodeId: string; readonly attempt: number; readonly reason?: string }
  | {
      readonly kind: 'attempt-failed';
      readonly nodeId: string;
      readonly attempt: number;
      readonly error: ErrorRecord;
      readonly cause: EndCause;
      readonly nextInMs: number;
    }
  | {
      readonly kind: 'node-ended';
      readonly nodeId: string;
      readonly state: Exclude<NodeState, 'pending' | 'running'>;
      readonly durationMs?: number;
      readonly error?: ErrorRecord;
      readonly previews?: Readonly<Record<string, string>>;
      readonly reason?: string;
    }
  /** A hook has failed, which changes no outcome. */
  | {
      readonly kind: 'hook-failed';
      readonly nodeId: string;
      readonly role: HookRecord['role'];
      readonly error: ErrorRecord;
    }
  | {
      readonly kind: 'run-ended';
      readonly runId: string;
      readonly state: RunState;
      readonly error?: ErrorRecord;
    };
