import { distance } from 'fastest-levenshtein';

/** The candidate that was probably meant, without regard to case; nothing where none is near. */
export function nearestName(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase().slice(0, 100);
  let found: string | undefined;
  let least = (wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3))) + 1;
  for (const candidate of candidates) {
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < least) [found, least] = [candidate, edits];
  }
  return found;
}

/** `Did you mean "default"?`, or what there is to choose from, or nothing. */
export function suggestName(text: string, candidates: readonly string[]): string | undefined {
  const nearest = nearestName(text, candidates);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  if (candidates.length === 0 || candidates.length > 12) return undefined;
  return `There ${candidates.length === 1 ? 'is' : 'are'}: ${candidates.join(', ')}.`;
}
