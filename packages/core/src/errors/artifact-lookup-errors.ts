import { quoteText } from '../name.ts';
import { MlstackError } from './mlstack-error.ts';

export class ArtifactNotFoundError extends MlstackError {
  readonly code = 'ARTIFACT_NOT_FOUND';
  constructor(id: string) {
    super(`There is no artifact ${quoteText(id)} in this metadata store.`, {
      hint: 'Run `mlstack artifacts list` to see the artifacts and their ids.',
    });
  }
}

/** The record is there, and nobody knows any more where the bytes are. */
export class ArtifactStoreGoneError extends MlstackError {
  readonly code = 'ARTIFACT_STORE_GONE';
  constructor(id: string) {
    super(`The artifact store that holds artifact "${id}" is not registered any more.`, {
      hint: 'Register a store for the same place and run the step again, or delete what refers to it.',
    });
  }
}

export class ArtifactTargetError extends MlstackError {
  readonly code = 'ARTIFACT_TARGET';
  constructor(id: string, problem: string, hint: string) {
    super(`Artifact "${id}" cannot be written: ${problem}.`, { hint });
  }
}
