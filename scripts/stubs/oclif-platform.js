// Stands in for oclif's own file: it looks for WSL and for the shell at every start, and loads what starts processes for that.
import { homedir, platform } from 'node:os';

export const getHomeDir = () => homedir();
export const getPlatform = async () => platform();
export const getShell = async () => (process.env.SHELL ?? process.env.COMSPEC ?? 'unknown').split(/[\\/]/).at(-1);
