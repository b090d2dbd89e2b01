import { durationSchema } from "@sark/observability/settings";
import type { EventFilter } from "@sark/audit/store";
import { z } from "zod";
import { cursor, filterShape, toFilter } from "../audit/parameters.ts";
import { optionalReason } from "@sark/http-api/operations";
import { candidateShape, isOneCandidate, ONE_CANDIDATE } from "./parameters.ts";

export const replayBody = z
  .strictObject({
    ...candidateShape,
    ...filterShape,
    cursor: cursor.optional(),
    limit: z.number().int().min(1).max(5_000).default(1_000).describe("Decisions that are looked at"),
    timeout: durationSchema({ min: "100ms", max: "5m" })
      .prefault("30s")
      .describe("No further decisions are read after this time; the response says where to go on"),
    unseen: z
      .array(z.enum(["envelope", "scope"]))
      .max(2)
      .default([])
      .describe(
        "With OPA, whose policies only their author knows: what they do not look at of that which is not recorded (`_meta` of every request; what an API key is bound to)",
      ),
    reason: optionalReason,
  })
  .refine(isOneCandidate, ONE_CANDIDATE);
export type ReplayBody = z.output<typeof replayBody>;

/** What the body asks of the store, by the store's names. */
export function replayFilter(body: ReplayBody): EventFilter {
  const wanted = Object.fromEntries(
    Object.keys(filterShape).map((name) => [name, body[name as keyof typeof filterShape]]),
  );
  return toFilter(wanted);
}
