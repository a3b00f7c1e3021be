/** What is asked of an S3 server. It is signed, and sent again while the server or the connection fails. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  /** Whole; may be all that S3 takes. */
  readonly key?: string;
  /** Not encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamedBody;
  /** Of the body, lower-case hex: the server compares it with what arrives. By default of the bytes that are given. */
  readonly sha256?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A body that is opened anew each time it is sent. */
export interface StreamedBody {
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface S3Answer {
  /** A success. */
  readonly status: number;
  readonly headers: AnswerHeaders;
}

/** Names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export function headerOf({ headers }: { readonly headers: AnswerHeaders }, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
