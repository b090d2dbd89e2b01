import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { certificatesSchema, spiffePrefixes } from "./certificates/config.ts";
import { issuersSchema } from "@sark/authentication/config";
import { scopesSchema } from "./scopes-config.ts";

/** Section `authentication`: whose credentials are accepted. */
export const authenticationSchema = z
  .strictObject({
    apiKeysFile: z
      .string()
      .optional()
      .describe("JSON file of API keys (mode 0600); default: api-keys.json in the data directory."),
    maxFailures: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(100)
      .describe(
        "So many refused credentials from one address (of IPv6: from one /64), and further ones are not looked at and get 429; credentials that were good before still are.",
      ),
    failureRecovery: durationSchema({ min: "1ms", max: "1h" })
      .prefault("1s")
      .describe("One refused credential is forgotten after this time, then the next one."),
    jwt: issuersSchema.describe("Issuers whose JSON Web Tokens are accepted."),
    certificates: certificatesSchema.describe(
      "Authorities whose client certificates are accepted; with `http.tls`.",
    ),
    scopes: scopesSchema.prefault({}).describe("Which scopes tokens need for what; API keys need none."),
  })
  .superRefine(({ jwt, certificates }, context) => {
    const prefixes = spiffePrefixes(certificates);
    for (const [at, { idPrefix }] of jwt.entries()) {
      if (
        idPrefix !== undefined &&
        prefixes.some((one) => one.startsWith(idPrefix) || idPrefix.startsWith(one))
      ) {
        const message =
          "must not be the beginning of SPIFFE ids in `certificates`, which only certificates give";
        context.addIssue({ code: "custom", path: ["jwt", at, "idPrefix"], message });
      }
    }
  });
