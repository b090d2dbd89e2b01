import { z } from "zod";

/** Address of a receiver. Keys and passwords have settings of their own, which name where they are. */
export const receiverUrlSchema = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === "", {
    message: "must not contain credentials",
  });
