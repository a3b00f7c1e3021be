/** `340ms`, `1.2s`, `2m 03s`, `1h 05m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours === 0) return `${minutes}m ${twoDigits(seconds % 60)}s`;
  if (hours < 48) return `${hours}h ${twoDigits(minutes)}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `812 B`, `4.2 KiB`, `1.0 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** `2026-11-24 12:03:05, 4m ago`, in the time zone of the machine. */
export function formatMoment(iso: string, now = Date.now()): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const date = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()].map(twoDigits).join('-');
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(twoDigits).join(':');
  return `${date} ${time}, ${formatAge(iso, now)}`;
}

/** `just now`, `40s ago`, `3h ago`, `12d ago`. */
export function formatAge(iso: string, now = Date.now()): string {
  const moment = new Date(iso).getTime();
  if (Number.isNaN(moment)) return iso;
  const seconds = Math.floor((now - moment) / 1000);
  if (seconds < 5) return seconds < -60 ? 'in the future' : 'just now';
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h ago`;
  return `${Math.floor(seconds / 86_400)}d ago`;
}

/** `1 step`, `3 steps`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
