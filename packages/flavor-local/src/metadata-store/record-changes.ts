import type { ErrorRecord, Lease, NodeState, RunChange } from '@mlstack/core/flavor';
import { CacheSourceGoneError } from '@mlstack/core/flavor';
import { insertNodes } from './create-run.ts';
import type { RunRow } from './rows.ts';
import { nodeStates, parseHooks } from './rows.ts';
import { requireLease } from './run-lease.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

type Change<Kind extends RunChange['kind']> = Extract<RunChange, { kind: Kind }>;

/** A change that does not fit what is recorded: a driver's mistake. */
export class ImpossibleChangeError extends Error {}

export function recordChanges(
  database: SqliteDatabase,
  lease: Lease,
  changes: readonly RunChange[],
  ttlMs: number,
  onHeld?: () => void,
): void {
  const recording = new Recording(database, requireLease(database, lease));
  onHeld?.();
  for (const change of changes) recording.apply(change);
  recording.finish(ttlMs);
}

/** Changes of one run within one transaction. What is kept of the run as a whole is written once, at the end. */
class Recording {
  readonly #database: SqliteDatabase;
  readonly #run: { -readonly [Column in keyof RunRow]: RunRow[Column] };
  readonly #now = new Date().toISOString();

  constructor(database: SqliteDatabase, run: RunRow) {
    this.#database = database;
    this.#run = { ...run };
  }

  apply(change: RunChange): void {
    switch (change.kind) {
      case 'node-started':
        this.#startNode(change);
        break;
      case 'attempt-failed':
        this.#failAttempt(change);
        break;
      case 'node-ended':
        this.#endNode(change);
        break;
      case 'node-cached':
        this.#takeNodeFromCache(change);
        break;
      case 'node-skipped':
        this.#skipNode(change);
        break;
      case 'artifact-damaged':
        this.#keepFromCache(change);
        break;
      case 'node-reset':
        this.#resetNode(change);
        break;
      case 'hook-ended':
        this.#endHook(change);
        break;
      case 'plan-extended':
        this.#extendPlan(change);
        break;
      case 'plan-replaced':
        this.#replacePlan(change);
        break;
      case 'run-state':
        this.#setState(change);
        break;
    }
  }

  finish(ttlMs: number): void {
    const run = this.#run;
    this.#database.run(
      `UPDATE runs SET holder = ?, lease_expires_at = ?, ${nodeStates.map((state) => `${state} = ?`).join(', ')} WHERE number = ?`,
      run.holder,
      run.holder === null ? 0 : Date.now() + ttlMs,
      ...nodeStates.map((state) => run[state]),
      run.number,
    );
  }

  #startNode({ nodeId, attempt, inputs, cacheKey, cacheParts, reason }: Change<'node-started'>): void {
    const position = this.#move(nodeId, 'running', ['pending', 'running']);
    this.#database.run(
      `UPDATE nodes SET state = 'running', attempts = ?, started_at = ?, ended_at = NULL, error = NULL, cache_key = ?, cache_parts = ?, reason = ?
       WHERE run = ? AND position = ?`,
      attempt,
      this.#now,
      cacheKey,
      toJson(cacheParts),
      reason,
      this.#run.number,
      position,
    );
    this.#setInputs(position, inputs);
  }

  #failAttempt({ nodeId, attempt, error }: Change<'attempt-failed'>): void {
    const position = this.#move(nodeId, 'running', ['running']);
    this.#database.run(
      'UPDATE nodes SET attempts = ?, error = ? WHERE run = ? AND position = ?',
      attempt,
      toJson(error),
      this.#run.number,
      position,
    );
  }

  #endNode(change: Change<'node-ended'>): void {
    const { nodeId, state, outputs } = change;
    const position = this.#move(nodeId, state, ['running']);
    const stored = Object.values(outputs);
    this.#database.run(
      `UPDATE nodes SET state = ?, attempts = ?, started_at = ?, ended_at = ?, error = ?, cache_store = ?, cpu_ms = ?, peak_memory_bytes = ?,
         metadata = ?, log_chunks = ? WHERE run = ? AND position = ?`,
      state,
      change.attempt,
      change.startedAt,
      change.endedAt,
      toJson(change.error),
      stored[0]?.storeId ?? this.#run.artifact_store,
      change.cpuMs,
      change.peakMemoryBytes,
      toJson(change.metadata),
      change.logChunks,
      this.#run.number,
      position,
    );
    for (const [output, artifact] of Object.entries(outputs)) this.#addArtifact(nodeId, position, output, artifact);
  }

  #takeNodeFromCache({ nodeId, inputs, cacheKey, cacheParts, from, reason }: Change<'node-cached'>): void {
    const position = this.#move(nodeId, 'cached', ['pending']);
    const source = this.#database.get<{ run: number; position: number; cache_store: string | null }>(
      `SELECT n.run, n.position, n.cache_store FROM nodes n JOIN runs r ON r.number = n.run
       WHERE r.id = ? AND n.id = ? AND n.state IN ('succeeded', 'cached')`,
      from.runId,
      from.nodeId,
    );
    if (source === undefined) throw new CacheSourceGoneError(nodeId, from.runId);
    this.#database.run(
      `UPDATE nodes SET state = 'cached', started_at = ?, ended_at = ?, error = NULL, cache_key = ?, cache_store = ?, cache_parts = ?,
         reason = ?, cached_from = ? WHERE run = ? AND position = ?`,
      this.#now,
      this.#now,
      cacheKey,
      source.cache_store,
      toJson(cacheParts),
      reason,
      toJson(from),
      this.#run.number,
      position,
    );
    this.#database.run(
      'INSERT INTO outputs (run, position, output, artifact) SELECT ?, ?, output, artifact FROM outputs WHERE run = ? AND position = ?',
      this.#run.number,
      position,
      source.run,
      source.position,
    );
    this.#setInputs(position, inputs);
  }

  #skipNode({ nodeId, reason }: Change<'node-skipped'>): void {
    const position = this.#move(nodeId, 'skipped', ['pending']);
    this.#database.run(
      `UPDATE nodes SET state = 'skipped', ended_at = ?, reason = ? WHERE run = ? AND position = ?`,
      this.#now,
      reason,
      this.#run.number,
      position,
    );
  }

  /** What lies in no store is found in none. */
  #keepFromCache({ artifactId }: Change<'artifact-damaged'>): void {
    this.#database.run(
      `UPDATE nodes SET cache_store = NULL WHERE (run, position) IN
         (SELECT o.run, o.position FROM outputs o JOIN artifacts a ON a.number = o.artifact WHERE a.id = ?)`,
      artifactId,
    );
  }

  #resetNode({ nodeId, discardsSuccess = false }: Change<'node-reset'>): void {
    const states = nodeStates.filter((state) => discardsSuccess || !(state === 'succeeded' || state === 'cached'));
    const node = [this.#run.number, this.#move(nodeId, 'pending', states)] as const;
    this.#database.run(
      `UPDATE nodes SET state = 'pending', started_at = NULL, ended_at = NULL, error = NULL, reason = NULL, cached_from = NULL, hooks = NULL
       WHERE run = ? AND position = ?`,
      ...node,
    );
    if (!discardsSuccess) return;
    this.#database.run(
      'INSERT OR IGNORE INTO replaced_outputs (run, artifact) SELECT run, artifact FROM outputs WHERE run = ? AND position = ?',
      ...node,
    );
    this.#database.run('DELETE FROM outputs WHERE run = ? AND position = ?', ...node);
  }

  #endHook({ nodeId, hook }: Change<'hook-ended'>): void {
    const { position, hooks } = this.#node(nodeId);
    this.#database.run(
      'UPDATE nodes SET hooks = ? WHERE run = ? AND position = ?',
      JSON.stringify([...parseHooks({ hooks }), hook]),
      this.#run.number,
      position,
    );
  }

  #extendPlan({ nodes }: Change<'plan-extended'>): void {
    const position = nodeStates.reduce((sum, state) => sum + this.#run[state], 0);
    this.#database.run(
      'INSERT INTO plan_extensions (run, position, nodes) VALUES (?, ?, ?)',
      this.#run.number,
      position,
      JSON.stringify(nodes),
    );
    insertNodes(this.#database, this.#run, nodes, position);
    this.#run.pending += nodes.length;
  }

  #replacePlan({ plan }: Change<'plan-replaced'>): void {
    const known = this.#database.all<{ id: string; step: string }>(
      'SELECT id, step FROM nodes WHERE run = ?',
      this.#run.number,
    );
    const planned = new Map(plan.nodes.map(({ id, step }) => [id, step]));
    if (planned.size !== known.length || known.some(({ id, step }) => planned.get(id) !== step)) {
      throw new ImpossibleChangeError('the new plan has other nodes');
    }
    this.#database.run('UPDATE plans SET plan = ? WHERE run = ?', JSON.stringify(plan), this.#run.number);
    this.#database.run('DELETE FROM plan_extensions WHERE run = ?', this.#run.number);
    this.#database.run('UPDATE runs SET code_digest = ? WHERE number = ?', plan.codeDigest, this.#run.number);
  }

  #setState({ state, error }: { readonly state: RunRow['state']; readonly error?: ErrorRecord }): void {
    const ended = state === 'completed' || state === 'failed' || state === 'cancelled';
    this.#run.state = state;
    this.#run.error = toJson(error) ?? null;
    this.#run.ended_at = ended ? this.#now : null;
    // Apart from the counts: naming the state in an update writes each index that has it.
    this.#database.run(
      'UPDATE runs SET state = ?, ended_at = ?, error = ? WHERE number = ?',
      state,
      this.#run.ended_at,
      this.#run.error,
      this.#run.number,
    );
    if (!ended) return;
    this.#run.holder = null;
    this.#database.run('DELETE FROM requests WHERE run = ?', this.#run.number);
  }

  #addArtifact(
    node: string,
    position: number,
    output: string,
    artifact: Change<'node-ended'>['outputs'][string],
  ): void {
    const slot = this.#slot(node, output);
    const store = this.#database.get<{ id: number }>(
      'INSERT INTO artifact_stores (component, artifacts) VALUES (?, 1) ON CONFLICT (component) DO UPDATE SET artifacts = artifacts + 1 RETURNING id',
      artifact.storeId,
    )?.id;
    const number = this.#database.insert(
      `INSERT INTO artifacts (id, slot, run_id, store, key, layout, size, sha256, materializer_id, materializer_version, preview, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      artifact.id,
      slot,
      this.#run.id,
      store,
      artifact.key,
      artifact.layout,
      artifact.size,
      artifact.sha256,
      artifact.materializer.id,
      artifact.materializer.version,
      artifact.preview,
      this.#now,
    );
    this.#database.run(
      'INSERT INTO outputs (run, position, output, artifact) VALUES (?, ?, ?, ?)',
      this.#run.number,
      position,
      output,
      number,
    );
  }

  #slot(node: string, output: string): number {
    const values = [this.#run.pipeline, node, output] as const;
    const slot = this.#database.get<{ id: number }>(
      'SELECT id FROM slots WHERE pipeline = ? AND node = ? AND output = ?',
      ...values,
    );
    return slot?.id ?? this.#database.insert('INSERT INTO slots (pipeline, node, output) VALUES (?, ?, ?)', ...values);
  }

  #setInputs(position: number, inputs: Readonly<Record<string, string>>): void {
    for (const [input, artifact] of Object.entries(inputs)) {
      const inserted = this.#database.run(
        'INSERT OR REPLACE INTO inputs (run, position, input, artifact) SELECT ?, ?, ?, number FROM artifacts WHERE id = ?',
        this.#run.number,
        position,
        input,
        artifact,
      );
      if (inserted === 0)
        throw new ImpossibleChangeError(`its input "${input}", artifact ${artifact}, is not recorded`);
    }
  }

  #move(nodeId: string, to: NodeState, from: readonly NodeState[]): number {
    const { position, state } = this.#node(nodeId);
    if (!from.includes(state)) throw new ImpossibleChangeError(`node ${nodeId} is ${state} and cannot become ${to}`);
    this.#run[state]--;
    this.#run[to]++;
    return position;
  }

  #node(nodeId: string): { readonly position: number; readonly state: NodeState; readonly hooks: string | null } {
    const node = this.#database.get<{ position: number; state: NodeState; hooks: string | null }>(
      'SELECT position, state, hooks FROM nodes WHERE run = ? AND id = ?',
      this.#run.number,
      nodeId,
    );
    if (node === undefined) throw new ImpossibleChangeError(`the run has no node ${nodeId}`);
    return node;
  }
}

function toJson(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
