import type { ArtifactStoreCapabilities, ComponentType, Issue, StackRule, StackView } from '@mlstack/core/flavor';

type PodComponent = Extract<ComponentType, 'orchestrator' | 'step-operator'>;
type ComponentView = NonNullable<StackView['components'][ComponentType]>;

const otherStore =
  'Give the stack an artifact store that pods reach, as one of the flavor s3: mlstack stack update -a <name>.';

/** What a stack must keep to whose component of this type starts pods. */
export function podRules(type: PodComponent): readonly StackRule[] {
  return [
    ({ components }) => {
      const own = components[type];
      const store = components['artifact-store'];
      if (own === undefined || store === undefined) return [];
      const issue = findStoreIssue(type, own, store);
      return issue === undefined ? [] : [{ path: ['artifact-store'], ...issue }];
    },
    ({ components }) => findClearReferences(type, components[type]),
  ];
}

/** Steps in pods read and write the artifact store and nothing else: they must reach it, and be given access to it. */
function findStoreIssue(type: PodComponent, own: ComponentView, store: ComponentView): Omit<Issue, 'path'> | undefined {
  const { capabilities } = store;
  if (capabilities === undefined || !('supportedSchemes' in capabilities)) return undefined;
  const { reach, presignedUrls, remoteAccess }: ArtifactStoreCapabilities = capabilities;
  const subject = `artifact store "${store.name}" (${store.flavor})`;
  const pods = `pods of ${type} "${own.name}"`;
  if (reach !== 'network') {
    return { message: `${pods} cannot reach ${subject}: it lies on this machine`, hint: otherStore };
  }
  if (!presignedUrls) {
    return { message: `${pods} cannot fetch their code from ${subject}: it gives no presigned URLs`, hint: otherStore };
  }
  const access = remoteAccess?.(store.config);
  if (access === undefined) return { message: `${pods} cannot be given access to ${subject}`, hint: otherStore };
  if (access.by === 'nothing') {
    return { message: `${pods} cannot get at ${subject}: it ${access.reason}`, hint: access.hint };
  }
  if (access.by === 'identity' && !hasIdentity(own)) {
    return {
      message: `${pods} have no access to ${subject}: it goes by this machine's own credentials, which do not travel`,
      hint: `${access.hint} Or name the service account by which the pods have access: mlstack ${type} update ${own.name} --serviceAccount=<name>.`,
    };
  }
  return undefined;
}

function hasIdentity({ config: { serviceAccount, podTemplate } }: ComponentView): boolean {
  const { spec } = (podTemplate ?? {}) as { readonly spec?: { readonly serviceAccountName?: unknown } };
  return serviceAccount !== undefined || spec?.serviceAccountName !== undefined;
}

/** What a reference stands for may be secret, and everybody who sees a Job sees what is in its pods' description. */
function findClearReferences(type: PodComponent, own: ComponentView | undefined): Issue[] {
  return (['podEnv', 'podTemplate', 'volumes'] as const)
    .filter((field) => JSON.stringify(own?.config[field] ?? null).includes('{{'))
    .map((field) => ({
      path: [type, field],
      message: 'holds a reference, whose value would stand in clear in the description of each pod',
      hint: 'Name the variable in the `env` of the steps that need it: it travels as a Secret.',
    }));
}
