import { z } from "zod";
import { DURATION_EXPECTED, DURATION_FORM, parseDuration } from "./duration-text.ts";

/** 24 days: a timer of Node.js that has longer to wait does not wait at all. */
const LONGEST_TIMER = "24d";

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
    .string({ error: DURATION_EXPECTED })
    .regex(DURATION_FORM, { error: DURATION_EXPECTED, abort: true })
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
