// Stands in for Node's own client and server of HTTP: a client of HTTP that is bundled asks it for no more than this, and it takes as long to load.
export const maxHeaderSize = 16_384;
export class IncomingMessage {}
