/** Marks a database file as ours, for us and for `file(1)`: "mlst". */
export const applicationId = 0x6d6c7374;

/**
 * What takes a database from each format version to the next. One that was published never changes; the next is appended.
 *
 * Version 1. Runs are numbered (`runs.number`) in the order of their creation, nodes (`position`) in the order of the plan.
 * The large parts of a run lie in `plans`, apart from what lists read. How many nodes of a run are in which state is kept
 * with the run. `outputs` names what a node made or took from the cache; an artifact that is in no row of it is gone.
 * Every list has an index that ends with its order, so that a page costs the same wherever it lies.
 *
 * Version 2. `store.file` tells which file the id was made for, as JSON; a copy of that file takes another.
 *
 * Version 3. `replaced_outputs` has what nodes of a run made, or took from the cache, before they started over: it goes with the run.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE store (id TEXT NOT NULL) STRICT;

  CREATE TABLE pipelines (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    runs INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    pipeline INTEGER NOT NULL,
    stack TEXT NOT NULL,
    state TEXT NOT NULL,
    code_digest TEXT NOT NULL,
    artifact_store TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    error TEXT,
    pending INTEGER NOT NULL,
    running INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    lease_expires_at INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX runs_by_state ON runs (state, number);
  CREATE INDEX runs_by_stack ON runs (stack, number);
  CREATE INDEX runs_by_stack_and_state ON runs (stack, state, number);
  CREATE INDEX runs_by_pipeline ON runs (pipeline, number);
  CREATE INDEX runs_by_pipeline_and_state ON runs (pipeline, state, number);
  CREATE INDEX runs_by_pipeline_and_stack ON runs (pipeline, stack, number);
  CREATE INDEX runs_by_pipeline_and_stack_and_state ON runs (pipeline, stack, state, number);
  CREATE INDEX runs_by_code ON runs (code_digest);

  CREATE TABLE plans (
    run INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    configuration TEXT NOT NULL,
    stack TEXT NOT NULL,
    versions TEXT NOT NULL,
    source_file TEXT NOT NULL
  ) STRICT;
  CREATE TABLE plan_extensions (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    nodes TEXT NOT NULL,
    PRIMARY KEY (run, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE nodes (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    step TEXT NOT NULL,
    pipeline INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    started_at TEXT,
    ended_at TEXT,
    error TEXT,
    cache_key TEXT,
    cache_store TEXT,
    cache_parts TEXT,
    reason TEXT,
    cached_from TEXT,
    cpu_ms REAL,
    peak_memory_bytes INTEGER,
    metadata TEXT,
    log_chunks INTEGER,
    hooks TEXT,
    PRIMARY KEY (run, position)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX nodes_by_id ON nodes (run, id);
  CREATE INDEX nodes_by_cache_key ON nodes (cache_key, cache_store, state, ended_at)
    WHERE state IN ('succeeded', 'cached');
  CREATE INDEX nodes_by_success ON nodes (pipeline, id, run)
    WHERE state IN ('succeeded', 'cached');

  CREATE TABLE artifact_stores (
    id INTEGER PRIMARY KEY,
    component TEXT NOT NULL UNIQUE,
    artifacts INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE slots (
    id INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL,
    node TEXT NOT NULL,
    output TEXT NOT NULL,
    UNIQUE (pipeline, node, output)
  ) STRICT;
  CREATE INDEX slots_by_node ON slots (node, output);
  CREATE INDEX slots_by_output ON slots (output);
  CREATE TABLE artifacts (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    slot INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    store INTEGER NOT NULL,
    key TEXT NOT NULL,
    layout TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    materializer_id TEXT NOT NULL,
    materializer_version INTEGER NOT NULL,
    preview TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX artifacts_by_slot ON artifacts (slot, number);
  CREATE INDEX artifacts_by_key ON artifacts (store, key);

  CREATE TABLE outputs (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    output TEXT NOT NULL,
    artifact INTEGER NOT NULL,
    PRIMARY KEY (run, position, output)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outputs_by_artifact ON outputs (artifact);
  CREATE TABLE inputs (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    input TEXT NOT NULL,
    artifact INTEGER NOT NULL,
    PRIMARY KEY (run, position, input)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX inputs_by_artifact ON inputs (artifact);

  CREATE TABLE requests (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX requests_by_run ON requests (run);
  `,
  `
  ALTER TABLE store ADD COLUMN file TEXT;
  CREATE TABLE earlier_stores (number INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE replaced_outputs (
    run INTEGER NOT NULL,
    artifact INTEGER NOT NULL,
    PRIMARY KEY (run, artifact)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX replaced_outputs_by_artifact ON replaced_outputs (artifact);
  `,
];
