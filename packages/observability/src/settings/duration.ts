import { z } from "zod";

/** Units of a duration, the largest first, in milliseconds. */
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

const FORM = /^(0|[1-9]\d{0,15})(ms|s|m|h|d)$/;
const EXPECTED = 'must be a whole number with a unit (ms, s, m, h or d), such as "30s"';

/** 24 days: a timer of Node.js that has longer to wait does not wait at all. */
const LONGEST_TIMER = "24d";

/** Milliseconds of a duration such as `30s`. Throws `RangeError` for any other text. */
export function parseDuration(text: string): number {
  const [, count, unit] = FORM.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  const milliseconds = Number(count) * (factor ?? Number.NaN);
  if (!Number.isSafeInteger(milliseconds)) {
    throw new RangeError(`"${text}" is no duration: it ${EXPECTED}`);
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

/**
 * Schema of a setting that is a duration: text such as `"30s"` in the configuration, milliseconds once it is read.
 * Without bounds it is from 1 ms to 24 days, the longest that a timer can wait.
 */
export function durationSchema(
  bounds: { readonly min?: string; readonly max?: string; readonly multipleOf?: string } = {},
) {
  const { min = "1ms", max = LONGEST_TIMER, multipleOf } = bounds;
  const step = multipleOf === undefined ? 1 : parseDuration(multipleOf);
  return z
    .string({ error: EXPECTED })
    .regex(FORM, { error: EXPECTED, abort: true })
    .refine((text) => inMilliseconds(text) >= parseDuration(min), {
      error: `must be at least ${min}`,
      abort: true,
    })
    .refine((text) => inMilliseconds(text) <= parseDuration(max), {
      error: `must be at most ${max}`,
      abort: true,
    })
    .refine((text) => inMilliseconds(text) % step === 0, { error: `must be a multiple of ${multipleOf}` })
    .transform(inMilliseconds)
    .meta({ title: max === LONGEST_TIMER && min === "1ms" ? "duration" : `duration, ${min} to ${max}` });
}

/** For text of the right form: a number too large for a safe integer is beyond every bound. */
function inMilliseconds(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
