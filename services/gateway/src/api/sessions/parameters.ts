import { z } from "zod";
import { pageOf } from "../parameters/page.ts";
import { reason } from "@sark/http-api/operations";
import { identityName } from "../parameters/identity-name.ts";
import { name } from "../parameters/name.ts";

export const sessionsQuery = z.strictObject({
  user: identityName.optional().describe("The id of its principal, user or agent"),
  server: name.optional(),
  tenant: identityName.optional(),
  ...pageOf({ max: 1_000, usual: 100 }),
});

export const sessionPath = z.object({
  fingerprint: z
    .string()
    .max(64)
    .describe("What names the session in records; it is not the id that its client holds"),
});

export const endBody = z.strictObject({ reason });

export type SessionsQuery = z.output<typeof sessionsQuery>;
export type EndRequest = z.output<typeof endBody>;
