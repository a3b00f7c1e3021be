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
  /** Components of a lower tier are started before and stopped after those of a higher one, which may need them. */
  readonly tier: 0 | 1 | 2;
  /** What this type is for, in a paragraph for people who meet it the first time. */
  readonly explanation: string;
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
    tier: 2,
    explanation:
      "An orchestrator says where the steps of a pipeline run: in processes of this machine, as Jobs on a cluster. It does not decide what runs next; that is the driver's part, and the same for all of them. So a pipeline moves from the laptop to a cluster by choosing another stack, without an edit. Every stack has one.",
  },
  {
    type: 'artifact-store',
    plural: 'artifact stores',
    title: 'Artifact store',
    summary: 'Keeps the bytes that steps read and write',
    required: true,
    flag: 'a',
    experimental: false,
    tier: 1,
    explanation:
      'An artifact store keeps the bytes that steps produce: data sets, models, plots, and the logs of the steps. A step reads its inputs from it and writes its outputs to it, each with its SHA-256, so that results can be trusted, compared and taken from the cache. It is a folder on this machine or a bucket. Every stack has one.',
  },
  {
    type: 'metadata-store',
    plural: 'metadata stores',
    title: 'Metadata store',
    summary: 'Records runs, steps, artifacts and their lineage',
    required: true,
    flag: 'm',
    experimental: false,
    tier: 1,
    explanation:
      'A metadata store records what happened: runs, the state of each step, which artifacts a step read and wrote, and why it ran or was taken from the cache. It answers where a model came from, and it lets a run that was interrupted go on where it stopped. Every stack has one.',
  },
  {
    type: 'container-registry',
    plural: 'container registries',
    title: 'Container registry',
    summary: 'Holds the images that steps run in',
    required: false,
    flag: 'c',
    experimental: true,
    tier: 0,
    explanation:
      'A container registry holds the images that steps run in where they run in containers. A stack needs one only if its orchestrator or step operator runs images of your own.',
  },
  {
    type: 'secrets-manager',
    plural: 'secrets managers',
    title: 'Secrets manager',
    summary: 'Keeps secrets that components and steps refer to',
    required: false,
    flag: 'x',
    experimental: true,
    tier: 0,
    explanation:
      'A secrets manager keeps passwords, keys and tokens, so that components and steps refer to them by name and nobody writes them down. Without one, a field refers to an environment variable: {{env.NAME}}.',
  },
  {
    type: 'step-operator',
    plural: 'step operators',
    title: 'Step operator',
    summary: 'Runs single steps somewhere else than the rest',
    required: false,
    flag: 's',
    experimental: false,
    tier: 2,
    explanation:
      'A step operator runs single steps somewhere else than the orchestrator runs the rest, say the one that trains and needs more memory or a GPU. A step asks for it with stepOperator: true; which one it is, the stack says.',
  },
  {
    type: 'model-deployer',
    plural: 'model deployers',
    title: 'Model deployer',
    summary: 'Serves trained models',
    required: false,
    flag: 'd',
    experimental: true,
    tier: 2,
    explanation:
      'A model deployer takes a trained model that a pipeline produced and serves it, so that programs can ask it for predictions.',
  },
  {
    type: 'feature-store',
    plural: 'feature stores',
    title: 'Feature store',
    summary: 'Serves features for training and inference',
    required: false,
    flag: 'f',
    experimental: true,
    tier: 1,
    explanation:
      'A feature store serves the values that models are trained on and asked with, the same in training and in use.',
  },
  {
    type: 'experiment-tracker',
    plural: 'experiment trackers',
    title: 'Experiment tracker',
    summary: 'Compares parameters and metrics of runs',
    required: false,
    flag: 'e',
    experimental: true,
    tier: 1,
    explanation: 'An experiment tracker keeps the parameters and metrics of many runs, to compare them side by side.',
  },
  {
    type: 'alerter',
    plural: 'alerters',
    title: 'Alerter',
    summary: 'Tells people what happened and asks them',
    required: false,
    flag: 'l',
    experimental: true,
    tier: 1,
    explanation: 'An alerter tells people what happened, in a chat or by mail, and can ask them for a decision.',
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
