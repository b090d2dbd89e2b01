import { z } from "zod";

const count = z.number().int();

export const verification = z.object({
  result: z.enum(["as_signed", "not_as_signed", "nothing_to_verify"]),
  ok: z.boolean(),
  events: count.describe("Whose bytes were hashed and found in a signed tree"),
  uncovered: count.describe("That no checkpoint covers"),
  purged: count.describe("That retention dropped, on record"),
  skipped: count.describe("That are in the tree and not in this export"),
  unsignedRecords: count,
  checkpoint: z
    .object({
      origin: z.string(),
      size: count,
      root: z.string(),
      signedBy: z.array(z.string()),
      witnessedBy: z.array(z.object({ name: z.string(), time: z.string() })),
      timeStamp: z.object({ time: z.string(), authority: z.string() }).nullable(),
      note: z.string(),
    })
    .nullable(),
  findings: z
    .array(
      z.looseObject({
        kind: z.string(),
        seq: count.nullable().describe("The first bad position"),
        before: count.optional(),
        id: z.string().nullable(),
        message: z.string(),
      }),
    )
    .describe("In order of position"),
});

export const receipt = z.union([
  z.object({
    ok: z.literal(true),
    seq: count,
    origin: z.string(),
    size: count,
    event: z.looseObject({}),
  }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
]);
