/** Units of a duration, the largest first, in milliseconds. */
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** The text of a duration. */
export const DURATION_FORM = /^(0|[1-9]\d{0,15})(ms|s|m|h|d)$/;
/** What is said of another text. */
export const DURATION_EXPECTED = 'must be a whole number with a unit (ms, s, m, h or d), such as "30s"';

/** Milliseconds of a duration such as `30s`. Throws `RangeError` for any other text. */
export function parseDuration(text: string): number {
  const [, count, unit] = DURATION_FORM.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  const milliseconds = Number(count) * (factor ?? Number.NaN);
  if (!Number.isSafeInteger(milliseconds)) {
    throw new RangeError(`"${text}" is no duration: it ${DURATION_EXPECTED}`);
  }
  return milliseconds;
}

/** A duration as it is written in a configuration: in the largest unit that holds it without a fraction. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) {
    return "0s";
  }
  const [unit, factor] = UNITS.find(([, factor]) => milliseconds % factor === 0) ?? ["ms", 1];
  return `${milliseconds / factor}${unit}`;
}
