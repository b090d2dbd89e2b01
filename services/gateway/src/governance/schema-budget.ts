/** A schema, or what is compared with it, has more parts than are looked at. */
export const TOO_LARGE = new RangeError("the schema is too large to be followed");

/** Throws `TOO_LARGE` when more is spent. */
export function createBudget(max: number): (steps: number) => void {
  let left = max;
  return (steps) => {
    left -= steps;
    if (left < 0) {
      throw TOO_LARGE;
    }
  };
}
