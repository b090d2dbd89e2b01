import {
  durationSchema,
  secretSchema,
  textWithReferencesSchema,
  secureUrl,
} from "@sark/observability/settings";
import { z } from "zod";
import { SCOPE } from "@sark/authentication/config";

/** It is sent the client's secret, and callers' tokens: neither goes over a network in plain text. */
const tokenEndpoint = z
  .url({ protocol: /^https?$/, error: "must be an https URL" })
  .superRefine(
    secureUrl("secrets are sent to it", (_url, text) =>
      text.includes("#") ? "must have no fragment" : text.includes("${") ? "must not refer to secrets" : null,
    ),
  );

const scope = z.string().regex(SCOPE, "is not a scope (RFC 6749, section 3.3)");

/** How the gateway gets tokens for one server. */
export const upstreamOauthSchema = z.strictObject({
  grant: z
    .enum(["client_credentials", "token_exchange"])
    .default("client_credentials")
    .describe(
      "`client_credentials`: the server sees the gateway. `token_exchange` (RFC 8693): it sees the caller, whose token is exchanged for one for this server.",
    ),
  tokenEndpoint: tokenEndpoint.describe(
    "Where tokens are asked for; https, or http on a loopback address. Redirects are not followed.",
  ),
  clientId: textWithReferencesSchema().describe("What the gateway is called there."),
  clientSecret: secretSchema().describe("A file is read again when it changes."),
  clientAuthentication: z
    .enum(["client_secret_basic", "client_secret_post"])
    .default("client_secret_basic")
    .describe("Whether id and secret go into `Authorization` or into the body."),
  scopes: z.array(scope).max(100).default([]).describe("Scopes to ask for."),
  resource: z
    .url()
    .refine((url) => !url.includes("#"), "must have no fragment (RFC 8707)")
    .optional()
    .describe("URI of the server that the token is to be for (RFC 8707)."),
  audience: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe("Its name at the authorization server, for those that know it by `audience`."),
  callersWithoutToken: z
    .enum(["refuse", "client_credentials"])
    .default("refuse")
    .describe(
      "With `token_exchange`, for callers with an API key: their calls fail, or the server sees the gateway.",
    ),
  caFile: z
    .string()
    .optional()
    .describe("PEM of the authority to trust for the token endpoint; read again when it changes."),
  timeout: durationSchema({ min: "1ms", max: "1m" })
    .prefault("5s")
    .describe("For one request to the token endpoint."),
});
export type UpstreamOauthConfig = z.infer<typeof upstreamOauthSchema>;
