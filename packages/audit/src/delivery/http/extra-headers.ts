import { secretSchema } from "@sark/observability/settings";
import { z } from "zod";
import { readSecret } from "../secrets/secrets.ts";

/** Further request headers, whose values are secrets: most are there to authenticate. */
export const extraHeadersSchema = z
  .record(
    z.string().regex(/^[A-Za-z0-9-]{1,100}$/, "a header's name has letters, digits and -"),
    secretSchema(),
  )
  .default({})
  .describe("Further request headers, each value refers to its secret, as in `Bearer ${TOKEN}`.");

export interface ExtraHeaders {
  values(): Record<string, string>;
  /** Takes their values out of a text that came from elsewhere. */
  mask(text: string): string;
}

/** Throws `secret_missing`. */
export function readExtraHeaders(
  headers: z.output<typeof extraHeadersSchema>,
  environment: NodeJS.ProcessEnv,
): ExtraHeaders {
  const secrets = Object.entries(headers).map(
    ([name, reference]) => [name.toLowerCase(), readSecret(reference, environment)] as const,
  );
  return {
    values: () => Object.fromEntries(secrets.map(([name, secret]) => [name, secret.value()])),
    mask: (text) => secrets.reduce((masked, [, secret]) => secret.mask(masked), text),
  };
}
