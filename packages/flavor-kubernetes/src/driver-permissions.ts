/** What a rule of a Role allows. */
export interface Permission {
  /** API group; empty for the core one. */
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

/**
 * Everything that a run, its diagnosis and the commands of this package do in the namespace, and nothing more: who has these needs no
 * other rights. Secrets are written and never read. Pods have no rights at all.
 */
export const driverPermissions: readonly Permission[] = [
  {
    group: 'batch',
    resource: 'jobs',
    verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'],
  },
  { group: '', resource: 'pods', verbs: ['list', 'watch', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'secrets', verbs: ['create', 'update', 'patch'] },
  { group: '', resource: 'events', verbs: ['list'] },
  // Only its own: a Role reaches no other.
  { group: '', resource: 'namespaces', verbs: ['get'] },
];
