import { z } from "zod";

/** A name that is asked about or changed: it goes into queries and records, and neither can hold NUL. */
export const name = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "must not contain NUL");
