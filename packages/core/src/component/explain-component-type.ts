import type { ComponentType } from './component-types.ts';

/** A few lines on what a component type is for and what changes with another one. */
export function explainComponentType(type: ComponentType): string {
  return explanations[type];
}

const explanations: Readonly<Record<ComponentType, string>> = {
  orchestrator: `An orchestrator decides where the steps of a pipeline run: in processes of this machine, or as Jobs of a cluster.
Every stack has one. The local one starts a few worker processes and keeps them warm; with another one the same
pipeline runs elsewhere, without a change.`,
  'artifact-store': `An artifact store keeps the bytes that steps read and write: datasets, models, plots, and the logs of steps.
Every stack has one. The local one is a folder; one in the cloud lets steps on other machines reach the same bytes.
Artifacts are found through the metadata store, which knows their names, sizes and hashes.`,
  'metadata-store': `A metadata store records what ran: runs, their steps, the artifacts they made and from which others. Caching,
\`runs list\` and \`artifacts lineage\` read it. Every stack has one. The local one is a SQLite file.`,
  'container-registry': `A container registry holds the images that steps run in where an orchestrator runs them in containers. Stacks on
one machine need none.`,
  'secrets-manager': `A secrets manager keeps passwords and keys, so that components and steps refer to them by name and no file of
the project has them in clear. Without one, references read environment variables: {{env.NAME}}.`,
  'step-operator': `A step operator runs single steps somewhere else than the orchestrator runs the rest: with more memory, with a
GPU. A step asks for it with \`stepOperator: true\`; the pipeline names no component.`,
  'model-deployer': `A model deployer serves a trained model, so that programs can ask it for predictions, and takes it down again.`,
  'feature-store': `A feature store serves the same features for training and for predictions, so that both see the same values.`,
  'experiment-tracker': `An experiment tracker keeps the parameters and metrics that steps report, to compare runs with each other.`,
  alerter: `An alerter tells people what happened, and asks them where a pipeline waits for an answer.`,
};
