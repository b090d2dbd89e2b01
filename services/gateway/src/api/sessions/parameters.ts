import { documentedAs } from "@sark/http-api";
import { z } from "zod";

const MAX_PAGE = 1_000;
const pageError = `must be a whole number from 1 to ${MAX_PAGE}`;
const name = z.string().min(1).max(256);

export const sessionsQuery = z.strictObject({
  user: name.optional().describe("The id of its principal, user or agent"),
  server: name.optional(),
  tenant: name.optional(),
  cursor: documentedAs(
    z
      .string()
      .regex(/^\d{1,15}$/, "not one that this list gave out")
      .transform(Number),
    { type: "string", description: "`next_cursor` of the page before" },
  ).optional(),
  limit: documentedAs(
    z
      .string()
      .regex(/^\d{1,4}$/, pageError)
      .transform(Number)
      .pipe(z.number().min(1, pageError).max(MAX_PAGE, pageError))
      .default(100),
    { type: "integer", minimum: 1, maximum: MAX_PAGE, default: 100 },
  ),
});

export const sessionPath = z.object({
  fingerprint: z
    .string()
    .max(64)
    .describe("What names the session in records; it is not the id that its client holds"),
});

export const endBody = z.strictObject({
  reason: z.string().trim().min(1).max(1_000).describe("Why; it goes on record"),
});

export type SessionsQuery = z.output<typeof sessionsQuery>;
export type EndRequest = z.output<typeof endBody>;
