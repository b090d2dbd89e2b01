import { z } from "zod";

/** Why something is changed; it stands in the event of the change. */
export const reason = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "must not contain NUL")
  .describe("Why; it goes on record");

/** Of what operators did before it was asked for. */
export const optionalReason = reason.default("no reason given");
