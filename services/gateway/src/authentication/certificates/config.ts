import { z } from "zod";
import { refuseOddName } from "@sark/authentication/config";
import { isSpiffePath, isTrustDomain } from "./spiffe-id.ts";

const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{C}+$/u, "must not contain control characters");

/** Of a user, an agent, a tenant or a role. */
const identity = z.string().min(1).max(200).superRefine(refuseOddName);

/** What all certificates of a rule are, whichever caller they name. */
const rights = {
  roles: z.array(identity).max(100).default([]).describe("Roles of the caller."),
  tenant: identity.optional().describe("Tenant of the caller; without it, none."),
  attributes: z
    .record(name, z.union([z.string().max(1_000), z.array(z.string().max(1_000)).max(100)]))
    .default({})
    .describe("What policies may look at, as `teams`, `agent_type` or `trust_level`."),
};

const trustDomainSchema = z.strictObject({
  trustDomain: z
    .string()
    .refine(
      isTrustDomain,
      "must be a trust domain: lower-case letters, digits, `.`, `-` and `_`, without `spiffe://`",
    )
    .describe("Trust domain whose SPIFFE ids this authority may vouch for."),
  path: z
    .string()
    .max(1_000)
    .refine(isSpiffePath, "must begin with a slash and consist of whole segments, as in `/ns/payments`")
    .optional()
    .describe(
      "For ids whose path is this or below it; the longest one counts. Without it, for all of the trust domain.",
    ),
  type: z.enum(["user", "agent"]).default("agent").describe("What the caller is."),
  ...rights,
});

const MATCHES = ["subject", "uri", "dns", "email"] as const;

const callerSchema = z
  .strictObject({
    subject: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        "For certificates with this subject, as `openssl x509 -noout -subject -nameopt RFC2253` writes it: `CN=alice,O=Example`.",
      ),
    uri: z
      .string()
      .min(1)
      .max(2_048)
      .optional()
      .describe("For certificates with this URI, letter for letter."),
    dns: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[a-z0-9._-]+$/, "must be a name in lower case, without wildcards")
      .optional()
      .describe("For certificates with this DNS name."),
    email: z
      .string()
      .min(1)
      .max(320)
      .optional()
      .describe("For certificates with this e-mail address, letter for letter."),
    principal: identity.describe("Who the caller is."),
    type: z.enum(["user", "agent"]).default("user").describe("What the caller is."),
    ...rights,
  })
  .refine((caller) => MATCHES.filter((match) => caller[match] !== undefined).length === 1, {
    error: "names its certificates by one of subject, uri, dns and email",
  });

const authoritySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "must be up to 64 letters, digits, `.`, `-` and `_`")
    .describe("Names the authority in records: `certificate:<name> sha256=…`."),
  caFile: z
    .string()
    .describe(
      "PEM of its root certificates. With several authorities, also of those that sign client certificates by themselves. Read again when it changes.",
    ),
  crlFile: z
    .string()
    .optional()
    .describe(
      "PEM of the revocation lists of all its CAs; of every authority, or of none. Without one that is valid, its certificates get 503. Read again when it changes.",
    ),
  trustDomains: z.array(trustDomainSchema).max(1_000).default([]).describe("SPIFFE ids that are callers."),
  callers: z
    .array(callerSchema)
    .max(10_000)
    .default([])
    .describe("Callers by other names of their certificates; they come before `trustDomains`."),
});
export type AuthorityRules = z.output<typeof authoritySchema>;

/** List `authentication.certificates`: whose client certificates are accepted. */
export const certificatesSchema = z
  .array(authoritySchema)
  .max(16)
  .superRefine((authorities, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    const names = new Set<string>();
    const domains = new Map<string, string>();
    const withLists = authorities.filter(({ crlFile }) => crlFile !== undefined).length;
    for (const [at, { name: authority, crlFile, trustDomains }] of authorities.entries()) {
      if (names.has(authority)) {
        problem([at, "name"], `${authority} is there twice`);
      }
      names.add(authority);
      if (withLists > 0 && crlFile === undefined) {
        problem([at, "crlFile"], "every authority has a revocation list, or none has");
      }
      for (const [index, { trustDomain, path = "" }] of trustDomains.entries()) {
        const place = [at, "trustDomains", index, "trustDomain"];
        const other = domains.get(trustDomain);
        if (other !== undefined && other !== authority) {
          problem(place, `${trustDomain} is the trust domain of ${other}`);
        }
        if (
          trustDomains.findIndex((rule) => rule.trustDomain === trustDomain && (rule.path ?? "") === path) <
          index
        ) {
          problem(place, `${trustDomain}${path} is there twice`);
        }
        domains.set(trustDomain, authority);
      }
    }
  })
  .default([]);

/** With what the ids of these trust domains begin: no other credential may give such an id. */
export function spiffePrefixes(authorities: readonly Pick<AuthorityRules, "trustDomains">[]): string[] {
  return authorities.flatMap(({ trustDomains }) =>
    trustDomains.map(({ trustDomain }) => `spiffe://${trustDomain}/`),
  );
}
