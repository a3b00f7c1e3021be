import type { Plan, StepNode } from '../pipeline/plan.ts';
import type { NodeState } from './run-record.ts';

/** Which of a stack's two launchers runs a node. */
export type LauncherRole = 'orchestrator' | 'step-operator';

export function launcherOf(node: StepNode): LauncherRole {
  return node.settings.stepOperator === true ? 'step-operator' : 'orchestrator';
}

interface ScheduledNode {
  readonly node: StepNode;
  readonly dependents: ScheduledNode[];
  state: NodeState;
  /** How many of those it waits for have not succeeded, or not for certain. */
  missing: number;
  /** It succeeded with what is being made again: whether that counts is not decided yet. */
  isUnconfirmed: boolean;
}

/**
 * Which nodes of a plan may run. Every call costs in proportion to the edges it touches; no call looks at the whole plan but
 * the constructor and `skipPending`.
 */
export class RunSchedule {
  readonly #nodes = new Map<string, ScheduledNode>();
  readonly #counts: Record<NodeState, number> = {
    pending: 0,
    running: 0,
    succeeded: 0,
    cached: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
  };
  readonly #ready = { orchestrator: new Queue(), 'step-operator': new Queue() };

  /**
   * @param states of a run that goes on: nodes that are not named are pending.
   * @param unconfirmed of those that have succeeded: taken when what they wait for has succeeded again.
   */
  constructor(
    plan: Plan,
    states: ReadonlyMap<string, NodeState> = new Map(),
    unconfirmed: Pick<ReadonlySet<string>, 'has'> = new Set(),
  ) {
    for (const node of plan.nodes) {
      const state = states.get(node.id) ?? 'pending';
      const isUnconfirmed = unconfirmed.has(node.id);
      this.#nodes.set(node.id, { node, dependents: [], state, missing: 0, isUnconfirmed });
      this.#counts[state]++;
    }
    for (const scheduled of this.#nodes.values()) {
      for (const id of dependenciesOf(scheduled.node)) {
        const dependency = this.#get(id);
        dependency.dependents.push(scheduled);
        if (!isSuccess(dependency.state) || dependency.isUnconfirmed) scheduled.missing++;
      }
    }
    for (const scheduled of this.#nodes.values()) this.#queueIfReady(scheduled);
  }

  get counts(): Readonly<Partial<Record<NodeState, number>>> {
    return Object.fromEntries(Object.entries(this.#counts).filter(([, count]) => count > 0));
  }

  count(state: NodeState): number {
    return this.#counts[state];
  }

  state(nodeId: string): NodeState {
    return this.#get(nodeId).state;
  }

  isUnconfirmed(nodeId: string): boolean {
    return this.#get(nodeId).isUnconfirmed;
  }

  node(nodeId: string): StepNode {
    return this.#get(nodeId).node;
  }

  /** How many nodes wait for this one. */
  dependents(nodeId: string): number {
    return this.#get(nodeId).dependents.length;
  }

  /** The next node for that launcher that may run and was not taken yet. It stays pending until `set` says otherwise. */
  takeReady(launcher: LauncherRole): StepNode | undefined {
    const queue = this.#ready[launcher];
    for (let scheduled = queue.take(); scheduled !== undefined; scheduled = queue.take()) {
      if (scheduled.state === 'pending' || scheduled.isUnconfirmed) return scheduled.node;
    }
    return undefined;
  }

  /** A success makes ready what waited for this node alone. That of an unconfirmed node is certain with its next state. */
  set(nodeId: string, state: NodeState): void {
    const scheduled = this.#get(nodeId);
    const wasSuccess = isSuccess(scheduled.state) && !scheduled.isUnconfirmed;
    scheduled.isUnconfirmed = false;
    this.#move(scheduled, state);
    if (!isSuccess(state) || wasSuccess) return;
    for (const dependent of scheduled.dependents) {
      dependent.missing--;
      this.#queueIfReady(dependent);
    }
  }

  /** Skips every pending node that waits for this one, directly or not, and names them. What is unconfirmed stays as it is recorded. */
  skipDependents(nodeId: string): string[] {
    const skipped: string[] = [];
    const queue = [...this.#get(nodeId).dependents];
    for (let dependent = queue.pop(); dependent !== undefined; dependent = queue.pop()) {
      if (dependent.state === 'pending') {
        this.#move(dependent, 'skipped');
        skipped.push(dependent.node.id);
      } else if (dependent.isUnconfirmed) dependent.isUnconfirmed = false;
      else continue;
      queue.push(...dependent.dependents);
    }
    return skipped;
  }

  /** Skips every node that is still pending, and names them. */
  skipPending(): string[] {
    const skipped: string[] = [];
    for (const scheduled of this.#nodes.values()) {
      if (scheduled.state !== 'pending') continue;
      this.#move(scheduled, 'skipped');
      skipped.push(scheduled.node.id);
    }
    return skipped;
  }

  #move(scheduled: ScheduledNode, state: NodeState): void {
    this.#counts[scheduled.state]--;
    this.#counts[state]++;
    scheduled.state = state;
  }

  #queueIfReady(scheduled: ScheduledNode): void {
    if (scheduled.missing > 0 || !(scheduled.state === 'pending' || scheduled.isUnconfirmed)) return;
    this.#ready[launcherOf(scheduled.node)].add(scheduled);
  }

  #get(nodeId: string): ScheduledNode {
    const scheduled = this.#nodes.get(nodeId);
    if (scheduled === undefined) throw new RangeError(`The plan has no node "${nodeId}".`);
    return scheduled;
  }
}

/** First in, first out, at a constant cost. */
class Queue {
  #items: ScheduledNode[] = [];
  #head = 0;

  add(item: ScheduledNode): void {
    this.#items.push(item);
  }

  take(): ScheduledNode | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** Ids of the nodes that must have succeeded before this one, each once. */
export function dependenciesOf(node: StepNode): readonly string[] {
  const inputs = Object.values(node.inputs);
  if (inputs.length + node.after.length < 2) return [...inputs.map((input) => input.node), ...node.after];
  return [...new Set([...inputs.map((input) => input.node), ...node.after])];
}

export function isSuccess(state: NodeState): boolean {
  return state === 'succeeded' || state === 'cached';
}
