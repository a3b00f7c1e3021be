/** One row of the table that the command line, stack validation, help and docs derive from. */
interface ComponentTypeRow {
  /** With hyphens; the topic on the command line. */
  readonly type: string;
  readonly plural: string;
  readonly title: string;
  /** One line for help. */
  readonly summary: string;
  /** Whether a stack is invalid without one. */
  readonly required: boolean;
  /** One-letter short form of `--<type>` on `stack register`. */
  readonly flag: string;
  /** Its own contract may still change in a minor release. */
  readonly experimental: boolean;
}

export const componentTypes = [
  {
    type: 'orchestrator',
    plural: 'orchestrators',
    title: 'Orchestrator',
    summary: 'Decides where the steps of a pipeline run',
    required: true,
    flag: 'o',
    experimental: false,
  },
  {
    type: 'artifact-store',
    plural: 'artifact stores',
    title: 'Artifact store',
    summary: 'Keeps the bytes that steps read and write',
    required: true,
    flag: 'a',
    experimental: false,
  },
  {
    type: 'metadata-store',
    plural: 'metadata stores',
    title: 'Metadata store',
    summary: 'Records runs, steps, artifacts and their lineage',
    required: true,
    flag: 'm',
    experimental: false,
  },
  {
    type: 'container-registry',
    plural: 'container registries',
    title: 'Container registry',
    summary: 'Holds the images that steps run in',
    required: false,
    flag: 'c',
    experimental: true,
  },
  {
    type: 'secrets-manager',
    plural: 'secrets managers',
    title: 'Secrets manager',
    summary: 'Keeps secrets that components and steps refer to',
    required: false,
    flag: 'x',
    experimental: true,
  },
  {
    type: 'step-operator',
    plural: 'step operators',
    title: 'Step operator',
    summary: 'Runs single steps somewhere else than the rest',
    required: false,
    flag: 's',
    experimental: false,
  },
  {
    type: 'model-deployer',
    plural: 'model deployers',
    title: 'Model deployer',
    summary: 'Serves trained models',
    required: false,
    flag: 'd',
    experimental: true,
  },
  {
    type: 'feature-store',
    plural: 'feature stores',
    title: 'Feature store',
    summary: 'Serves features for training and inference',
    required: false,
    flag: 'f',
    experimental: true,
  },
  {
    type: 'experiment-tracker',
    plural: 'experiment trackers',
    title: 'Experiment tracker',
    summary: 'Compares parameters and metrics of runs',
    required: false,
    flag: 'e',
    experimental: true,
  },
  {
    type: 'alerter',
    plural: 'alerters',
    title: 'Alerter',
    summary: 'Tells people what happened and asks them',
    required: false,
    flag: 'l',
    experimental: true,
  },
] as const satisfies readonly ComponentTypeRow[];

export type ComponentType = (typeof componentTypes)[number]['type'];
export type ComponentTypeDescription = ComponentTypeRow & { readonly type: ComponentType };

export function isComponentType(text: string): text is ComponentType {
  return componentTypes.some((row) => row.type === text);
}

export function describeComponentType(type: ComponentType): ComponentTypeDescription {
  return componentTypes.find((row) => row.type === type) as ComponentTypeDescription;
}
