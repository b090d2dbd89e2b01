/** Where the first event that is not what was logged lies, in words. */
export function between(from: number, before: number): string {
  return before === from + 1 ? `at seq ${from}` : `between seq ${from} and ${before - 1}`;
}
