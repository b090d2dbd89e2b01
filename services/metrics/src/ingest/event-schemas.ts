import { refuseOddName } from "@sark/authentication/config";
import { z } from "zod";
import { attributesSchema } from "./attributes.ts";

const name = (max: number) => z.string().min(1).max(max).superRefine(refuseOddName);

const common = {
  id: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
    .describe(
      "What the sender calls the event, unique among those of its kind in the tenant: sent again, it is counted once",
    ),
  user_id: name(200).describe("Whom it is about"),
  occurred_at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("When it was, with its offset; default: when it is received"),
  attributes: attributesSchema.optional(),
};

/** Something that a user did. */
export const activitySchema = z
  .strictObject({
    ...common,
    type: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_.:-]{0,99}$/, "must be 1 to 100 of a-z, 0-9, `_`, `.`, `:` and `-`")
      .describe("What kind of activity, e.g. `document.edited`"),
  })
  .meta({ id: "ActivityEvent" });

/** How productive a user was. */
export const scoreSchema = z
  .strictObject({
    ...common,
    score: z.number().min(0).max(100).describe("0 to 100"),
    user_role: name(100)
      .optional()
      .describe("Role of the user then; default: that of the user in the tenant"),
    team: name(100).optional().describe("Team of the user then; default: that of the user in the tenant"),
  })
  .meta({ id: "ProductivityScore" });

export type SentActivity = z.output<typeof activitySchema>;
export type SentScore = z.output<typeof scoreSchema>;

/** One of either, as an item of a batch. */
export const batchItemSchema = z.discriminatedUnion("kind", [
  activitySchema.extend({ kind: z.literal("activity") }).meta({ id: "ActivityItem" }),
  scoreSchema.extend({ kind: z.literal("score") }).meta({ id: "ScoreItem" }),
]);
export type SentItem = z.output<typeof batchItemSchema>;
