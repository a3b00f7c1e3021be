import { homedir, userInfo } from 'node:os';

/**
 * Of this user, also where HOME is set to nothing, as some containers have it: that would mean wherever one is. Nothing where HOME is
 * not set and the system does not know the user.
 */
export function homeDirectory(): string | undefined {
  try {
    return homedir() || userInfo().homedir;
  } catch {
    return undefined;
  }
}
