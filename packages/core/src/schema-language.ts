/** Loaded by path where steps are executed elsewhere. */
export { z } from 'zod';
