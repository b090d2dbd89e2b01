import { PROFILE_KINDS } from "@sark/observability/profiling";
import { z } from "zod";
import { documentedAs } from "../openapi/json-schema.ts";

const MAX_SECONDS = 60;
const error = `must be a number of seconds, from 0.1 to ${MAX_SECONDS}`;

export const profileQuery = z.strictObject({
  kind: z
    .enum(PROFILE_KINDS)
    .default("cpu")
    .describe("`cpu`: where the time goes; `heap`: where memory is allocated, by samples"),
  seconds: documentedAs(
    z
      .string()
      .regex(/^\d{1,2}(?:\.\d{1,3})?$/, error)
      .transform(Number)
      .pipe(z.number().min(0.1, error).max(MAX_SECONDS, error))
      .default(10),
    { type: "number", minimum: 0.1, maximum: MAX_SECONDS, default: 10 },
  ),
});
export type ProfileQuery = z.output<typeof profileQuery>;
