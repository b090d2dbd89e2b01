import { durationSchema, secureUrl } from "@sark/observability/settings";
import { z } from "zod";
import { refuseOddName } from "../identity-name.ts";
import { TOKEN_ALGORITHMS } from "./algorithms.ts";
import { DEFAULT_CLAIMS } from "./claims.ts";
import { issuerConflicts } from "./issuer-conflicts.ts";

const claim = (name: "id" | "actor" | "roles" | "tenant" | "type", what: string) =>
  z.string().min(1).max(200).default(DEFAULT_CLAIMS[name]).describe(what);

const claimsSchema = z.strictObject({
  id: claim("id", "Claim with the caller's id."),
  actor: claim("actor", "Claim with the agent that acts for the user (RFC 8693)."),
  roles: claim("roles", "Claim with the roles: a list, or text separated by spaces."),
  tenant: claim("tenant", "Claim with the tenant."),
  type: claim("type", "Claim that says `user` or `agent`."),
  attributes: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([...DEFAULT_CLAIMS.attributes])
    .describe("Claims that policies may look at as attributes."),
  scopes: z
    .string()
    .min(1)
    .max(200)
    .default("scope")
    .describe(
      "Claim with the scopes: text separated by single spaces, or a list. Read where `authentication.scopes` requires some.",
    ),
});

/** A key that another one puts in the place of the issuer's signs what it likes. */
const jwksUrl = z
  .url({ protocol: /^https?$/, error: "must be an https URL" })
  .superRefine(secureUrl("its keys decide who is let in"));

const name = z.string().min(1).max(200).superRefine(refuseOddName);

const issuerSchema = z
  .strictObject({
    issuer: z.string().min(1).max(256).describe("Required `iss`, letter for letter."),
    audiences: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(20)
      .optional()
      .describe(
        "Required `aud`: one of these, or the resource that is asked for, where there is an `http.publicUrl`; a token may name others, too. May be left out with `http.publicUrl`.",
      ),
    jwksUrl: jwksUrl
      .optional()
      .describe(
        "Where the issuer publishes its keys; this or `publicKeyFile`. https, or http on a loopback address; redirects are not followed.",
      ),
    publicKeyFile: z
      .string()
      .optional()
      .describe(
        "The issuer's one public key, of one of the `algorithms`: PEM, or a certificate; read again when it changes, and then tokens of the key before are refused.",
      ),
    algorithms: z
      .array(z.enum(TOKEN_ALGORITHMS))
      .min(1)
      .default(["EdDSA", "ES256", "RS256"])
      .describe("Signature algorithms accepted; symmetric ones never are."),
    clockTolerance: durationSchema({ min: "0s", max: "5m" })
      .prefault("5s")
      .describe("Clock difference that is forgiven."),
    cacheTtl: durationSchema({ min: "0s", max: "1h" })
      .prefault("1m")
      .describe(
        "A verified token is accepted this long without being verified again, never beyond its expiry.",
      ),
    claims: claimsSchema
      .prefault({})
      .describe("Which claims say who the caller is; dots lead into objects, as in `realm_access.roles`."),
    tenant: name
      .optional()
      .describe("Every caller of this issuer is in this tenant; none may claim another."),
    tenants: z
      .array(name)
      .min(1)
      .max(1_000)
      .optional()
      .describe("Tenants that it may name; then each token has to name one of them."),
    roles: z
      .array(name)
      .max(1_000)
      .optional()
      .describe("Roles that it may give; a token with another one is refused. Without it, all of them."),
    idPrefix: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
      .optional()
      .describe(
        "Stands before the ids of its callers, and is no beginning of an id of another issuer: `partner:` makes `alice` `partner:alice`.",
      ),
  })
  .refine(({ jwksUrl, publicKeyFile }) => (jwksUrl === undefined) !== (publicKeyFile === undefined), {
    error: "needs either jwksUrl or publicKeyFile",
  })
  .refine(({ tenant, tenants }) => tenant === undefined || tenants === undefined, {
    error: "either every caller is in one `tenant`, or tokens name one of `tenants`",
    path: ["tenants"],
  });

/** Issuers whose JSON Web Tokens a service accepts. */
export const issuersSchema = z
  .array(issuerSchema, {
    error: ({ code, input }) =>
      code === "invalid_type" && typeof input === "object"
        ? "is a list of issuers: write [{ … }], and `audiences`, a list, in place of `audience`"
        : undefined,
  })
  .max(32)
  .superRefine((issuers, context) => {
    for (const { at, field, problem } of issuerConflicts(issuers)) {
      context.addIssue({ code: "custom", path: [at, field], message: problem });
    }
  })
  .default([]);
