import { z } from "zod";

/** Units of a size, the largest first, in bytes. */
const UNITS = [
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["B", 1],
] as const;

// "MB" is read as 1000² by some and as 1024² by others.
const FORM = /^(0|[1-9]\d{0,15})(B|KiB|MiB|GiB)$/;
const EXPECTED = 'must be a whole number with a unit (B, KiB, MiB or GiB), such as "64KiB"';

/** No process holds, and no disk here has, more. */
const LARGEST = "1048576GiB";

/** Bytes of a size such as `64KiB`. Throws `RangeError` for any other text. */
export function parseByteSize(text: string): number {
  const [, count, unit] = FORM.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  const bytes = Number(count) * (factor ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) {
    throw new RangeError(`"${text}" is no size: it ${EXPECTED}`);
  }
  return bytes;
}

/** A size as it is written in a configuration: in the largest unit that holds it without a fraction. */
export function formatByteSize(bytes: number): string {
  if (bytes === 0) {
    return "0B";
  }
  const [unit, factor] = UNITS.find(([, factor]) => bytes % factor === 0) ?? ["B", 1];
  return `${bytes / factor}${unit}`;
}

/** Schema of a setting that is a size: text such as `"64KiB"` in the configuration, bytes once it is read. */
export function byteSizeSchema(bounds: { readonly min?: string; readonly max?: string } = {}) {
  const { min = "1B", max = LARGEST } = bounds;
  return z
    .string({ error: EXPECTED })
    .regex(FORM, { error: EXPECTED, abort: true })
    .refine((text) => inBytes(text) >= parseByteSize(min), { error: `must be at least ${min}` })
    .refine((text) => inBytes(text) <= parseByteSize(max), { error: `must be at most ${max}` })
    .transform(inBytes)
    .meta({ title: titleOf(min, max) });
}

function titleOf(min: string, max: string): string {
  if (max !== LARGEST) {
    return `size, ${min} to ${max}`;
  }
  return min === "1B" ? "size" : `size, at least ${min}`;
}

/** For text of the right form: a number too large for a safe integer is beyond every bound. */
function inBytes(text: string): number {
  try {
    return parseByteSize(text);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
