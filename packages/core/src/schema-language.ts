/** Loaded by path, when it is needed. */
export { z } from 'zod';
