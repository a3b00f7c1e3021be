import type { ArtifactKey } from './artifact-key.ts';

/** Which materializer wrote an artifact's files, and can read them. */
export interface MaterializerReference {
  /** `json`, `bytes`, `tensorflow`; a user's own has an id of its own. */
  readonly id: string;
  /** Grows when the written form changes. Part of the cache key. */
  readonly version: number;
}

/** One file of an artifact. */
export interface ArtifactFile {
  /** Relative, with `/`; as the materializer named it. May have any characters a file name may have, but no `..` segment. */
  readonly path: string;
  readonly key: ArtifactKey;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** What an execution says it stored. Bytes are durable before anybody is told of it. */
export interface StoredArtifact {
  /** The key of the only file (`layout: 'file'`), or of a manifest (`ArtifactManifest`) that names several. */
  readonly key: ArtifactKey;
  readonly layout: 'file' | 'manifest';
  /** Bytes of all files together. */
  readonly size: number;
  /** Of the content: of the file, or of the sorted lines `<sha256>  <path>\n` of all files. Equal contents have equal hashes in every store. */
  readonly sha256: string;
  readonly materializer: MaterializerReference;
  /** A few words for people: `Array(1437)`, `0.97`, `text, 3 lines`. At most 200 characters; never of what is sensitive. */
  readonly preview: string;
}

/** The object behind `layout: 'manifest'`, written after all files it names. */
export interface ArtifactManifest {
  readonly formatVersion: 1;
  readonly files: readonly ArtifactFile[];
}

/** An artifact as the metadata store keeps it. Never a resolved URI: the store component's id and a key relative to its path. */
export interface ArtifactRecord extends StoredArtifact {
  readonly id: string;
  /** Component id of the artifact store. */
  readonly storeId: string;
  readonly runId: string;
  readonly nodeId: string;
  readonly output: string;
  readonly createdAt: string;
}
