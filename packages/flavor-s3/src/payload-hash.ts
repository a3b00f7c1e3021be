import type { Pluggable } from '@smithy/types';

/** For a command's `middlewareStack`: signs its body as having this SHA-256, lower-case hex, which the server compares with what arrives. */
export function payloadHash<Input extends object, Output extends object>(sha256: string): Pluggable<Input, Output> {
  return {
    applyToStack: (stack) =>
      stack.add(
        (next) => (call) => {
          const { headers } = call.request as { readonly headers: Record<string, string> };
          headers['x-amz-content-sha256'] = sha256;
          return next(call);
        },
        { step: 'build', name: 'payloadHash' },
      ),
  };
}
