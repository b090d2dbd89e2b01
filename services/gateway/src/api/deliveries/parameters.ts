import { z } from "zod";
import { pageOf } from "../parameters/page.ts";
import { optionalReason, reason } from "@sark/http-api/operations";

const MAX_SELECTED = 1_000;
const MAX_FLUSH_MS = 60_000;

const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const destinationPath = z.object({
  name: z.string().describe("The destination, as the configuration calls it; logs are `logs/application`, …"),
});
export const pauseBody = z.strictObject({ reason });
export const resumeBody = z.strictObject({ reason: optionalReason }).prefault({});
export const removalQuery = z.strictObject({ reason: optionalReason });
export const flushBody = z
  .strictObject({
    wait_ms: z
      .number()
      .int()
      .min(0)
      .max(MAX_FLUSH_MS)
      .default(10_000)
      .describe("How long the response may wait until it has arrived"),
    reason: optionalReason,
  })
  .prefault({});
export const quarantineQuery = z.strictObject(pageOf({ max: 100, usual: 20 }));
/** Which events: named one by one, or all of them, and then in so many words. */
const selection = {
  seqs: z.array(seq).min(1).max(MAX_SELECTED).optional().describe("Numbers of events in the log"),
  all: z.literal(true).optional().describe("In place of `seqs`: all that are in the quarantine"),
};
const exactlyOne = ({ seqs, all }: { seqs?: unknown; all?: unknown }) =>
  (seqs === undefined) !== (all === undefined);
const choice = { error: 'say either which ("seqs") or "all": true', path: ["seqs"] };
export const replayBody = z.strictObject({ ...selection, reason: optionalReason }).refine(exactlyOne, choice);
export const discardBody = z.strictObject({ ...selection, reason }).refine(exactlyOne, choice);

export type Pause = z.output<typeof pauseBody>;
export type Resume = z.output<typeof resumeBody>;
export type Removal = z.output<typeof removalQuery>;
export type Flush = z.output<typeof flushBody>;
export type QuarantineQuery = z.output<typeof quarantineQuery>;
export type Replay = z.output<typeof replayBody>;
export type Discard = z.output<typeof discardBody>;
