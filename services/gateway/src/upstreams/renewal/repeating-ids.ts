/** Two ids that were drawn at random differ in more characters. */
const LEAST_DIFFERENCE = 10;

/**
 * Whether a server seems to count its ids, rather than to draw them at random: after a restart it gives out ids that it gave out
 * before, and a session that another one is put in the place of would be in that of the caller who has the id then.
 */
export function mayRepeat(before: string, after: string): boolean {
  const longer = Math.max(before.length, after.length);
  let different = 0;
  for (let at = 0; at < longer; at++) {
    different += before[at] === after[at] ? 0 : 1;
  }
  return different < LEAST_DIFFERENCE;
}
