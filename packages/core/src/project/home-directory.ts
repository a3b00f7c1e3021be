import { homedir, userInfo } from 'node:os';

/** Of this user, also where HOME is set to nothing, as some containers have it: that would mean wherever one is. */
export function homeDirectory(): string {
  return homedir() || userInfo().homedir;
}
