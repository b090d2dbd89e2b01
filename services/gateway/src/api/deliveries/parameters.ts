import { z } from "zod";
import { parseInput } from "../../transport/parse-input.ts";

const MAX_PAGE = 100;
const MAX_SELECTED = 1_000;
const MAX_FLUSH_MS = 60_000;

const reason = z.string().trim().min(1).max(1_000);
const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const pageError = `must be a whole number from 1 to ${MAX_PAGE}`;

const pauseSchema = z.strictObject({ reason });
const flushSchema = z.strictObject({ wait_ms: z.number().int().min(0).max(MAX_FLUSH_MS).default(10_000) });
const quarantineSchema = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, "not one that this list gave out")
    .transform(Number)
    .optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, pageError)
    .transform(Number)
    .pipe(z.number().min(1, pageError).max(MAX_PAGE, pageError))
    .default(20),
});
/** Which events: named one by one, or all of them, and then in so many words. */
const selection = {
  seqs: z.array(seq).min(1).max(MAX_SELECTED).optional(),
  all: z.literal(true).optional(),
};
const exactlyOne = ({ seqs, all }: { seqs?: unknown; all?: unknown }) =>
  (seqs === undefined) !== (all === undefined);
const choice = { error: 'say either which ("seqs") or "all": true', path: ["seqs"] };
const replaySchema = z.strictObject(selection).refine(exactlyOne, choice);
const discardSchema = z.strictObject({ ...selection, reason }).refine(exactlyOne, choice);

export const parsePause = (body: unknown) => parseInput(pauseSchema, body);
export const parseFlush = (body: unknown) => parseInput(flushSchema, body);
export const parseQuarantineQuery = (query: unknown) => parseInput(quarantineSchema, query);
export const parseReplay = (body: unknown) => parseInput(replaySchema, body);
export const parseDiscard = (body: unknown) => parseInput(discardSchema, body);
