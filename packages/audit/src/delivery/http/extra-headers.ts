import { z } from "zod";
import { readSecret, secretSchema } from "../secrets/secrets.ts";

/** Further request headers, whose values are secrets: most are there to authenticate. */
export const extraHeadersSchema = z
  .record(
    z.string().regex(/^[A-Za-z0-9-]{1,100}$/, "a header's name has letters, digits and -"),
    secretSchema,
  )
  .default({})
  .describe("Further request headers, each with the environment variable or file of its value.");

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
