import type { Materializer } from '../materializer.ts';

/** What `save` of a model hands to an IO handler, as far as it is kept. */
interface ModelArtifacts {
  readonly modelTopology?: unknown;
  readonly format?: string | undefined;
  readonly weightSpecs?: unknown;
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[];
  readonly trainingConfig?: unknown;
  readonly userDefinedMetadata?: unknown;
}

// Method syntax on purpose: the library's own, narrower types must fit these.
interface SavableModel {
  // biome-ignore lint/suspicious/noExplicitAny: the handler's type is the library's own
  save(handler: any): Promise<unknown>;
}

/** The part of the package `@tensorflow/tfjs` (or `-node`, `-layers`) that is used. */
export interface TensorFlowLibrary<Model> {
  // biome-ignore lint/suspicious/noExplicitAny: the handler's type is the library's own
  loadLayersModel(handler: any): Promise<Model>;
}

const keptFields = ['modelTopology', 'format', 'weightSpecs', 'trainingConfig', 'userDefinedMetadata'] as const;

/**
 * Layers models of TensorFlow.js: `model.json` (topology, weight specs, training configuration) and `weights.bin`. Give it the
 * library, so that your own copy and its backend are used:
 *
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * step({ name: 'train', outputs: { model: tensorflowModel(tf) }, run: () => ({ model: tf.sequential(…) }) });
 * ```
 */
export function tensorflowModel<Model extends SavableModel>({
  loadLayersModel,
}: TensorFlowLibrary<Model>): Materializer<Model> {
  return {
    id: 'tensorflow-model',
    version: 1,
    async save(model, writer) {
      let saved: ModelArtifacts | undefined;
      await model.save({
        save: async (artifacts: ModelArtifacts) => {
          saved = artifacts;
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
        },
      });
      const { weightData = new ArrayBuffer(0) } = saved ?? {};
      const weights = Buffer.concat(
        (Array.isArray(weightData) ? weightData : [weightData]).map((part: ArrayBuffer) => Buffer.from(part)),
      );
      await writer.writeFile('weights.bin', weights);
      await writer.writeFile(
        'model.json',
        Buffer.from(JSON.stringify(Object.fromEntries(keptFields.map((field) => [field, saved?.[field]])))),
      );
    },
    async load(reader) {
      const [model, weights] = await Promise.all([reader.readBytes('model.json'), reader.readBytes('weights.bin')]);
      const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength);
      return loadLayersModel({
        load: async () => ({ ...JSON.parse(Buffer.from(model).toString('utf8')), weightData }),
      });
    },
    preview: (model) => {
      const { name, layers } = model as { readonly name?: string; readonly layers?: readonly unknown[] };
      return `model ${name ?? ''}${layers === undefined ? '' : `, ${layers.length} layers`}`;
    },
  };
}
