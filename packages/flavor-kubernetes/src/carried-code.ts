import type { PlanRule } from '@mlstack/core/flavor';
import type { KubernetesSettings } from './kubernetes-config.ts';
import { containerName } from './object-names.ts';

/** A stock image has Node and nothing else: what the code does not carry must be in an image of the user's own. */
export const carriedCode: PlanRule = ({ config, settingsKey, nodes, externals }) => {
  const onStockImage = nodes.find(
    ({ settings }) => !hasOwnImage(config) && !hasOwnImage(settings.vendor?.[settingsKey] ?? {}),
  );
  if (onStockImage === undefined) return [];
  const [type = ''] = settingsKey.split('/');
  const packages = externals.map(({ name, version }) => `${name}@${version}`).join(' ');
  return externals.map(({ name, version, reason }) => ({
    path: [onStockImage.id],
    message: `the package ${name}@${version} cannot be carried to a pod: it ${reason}`,
    hint:
      `Make an image whose working directory has it (FROM node:24-slim, WORKDIR /app, RUN npm install ${packages}) ` +
      `and name it: mlstack ${type} update NAME --image=IMAGE, or image among a step's settings for ${settingsKey}.`,
  }));
};

interface TemplateWithImage {
  readonly spec?: { readonly containers?: readonly { readonly name?: string; readonly image?: string }[] };
}

function hasOwnImage({ image, podTemplate }: Pick<KubernetesSettings, 'image' | 'podTemplate'>): boolean {
  if (image !== undefined) return true;
  const { spec } = (podTemplate ?? {}) as TemplateWithImage;
  return spec?.containers?.some(({ name, image: own }) => name === containerName && own !== undefined) === true;
}
