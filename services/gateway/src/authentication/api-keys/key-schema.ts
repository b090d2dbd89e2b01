import { z } from "zod";
import { isJsonObject, type JsonObject } from "@sark/json";
import { refuseOddName } from "@sark/authentication/config";
import { ROLES } from "../../domain/roles.ts";

const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{C}+$/u, "must not contain control characters");
/** Of a user, an agent, a tenant or a role. */
const identity = z.string().min(1).max(200).superRefine(refuseOddName);
const time = z.iso.datetime({ offset: true });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 digest in hex");

/** Older keys of one record that still are good. */
export const MAX_PREVIOUS = 5;

const scopeSchema = z
  .array(
    z.strictObject({
      server: name,
      /** Exact names; `null`: all that the server offers. */
      tools: z.array(z.string().min(1).max(256)).min(1).max(1_000).nullable(),
    }),
  )
  .min(1)
  .max(100)
  .refine((scope) => new Set(scope.map(({ server }) => server)).size === scope.length, {
    error: "names a server twice",
  });

/** They give rights that no scope of servers bounds. */
const UNBOUNDED: readonly string[] = ROLES.filter((role) => role !== "user" && role !== "agent");

const keySchema = z
  .strictObject({
    /** Names the key to people; not secret. */
    id: identity,
    /** Of the key as it is sent, prefix included. */
    sha256,
    /** Keys that it took the place of, and when each of them ends. */
    previous: z
      .array(z.strictObject({ sha256, expires: time }))
      .max(MAX_PREVIOUS)
      .default([]),
    principal: identity,
    type: z.enum(["user", "agent"]).default("user"),
    roles: z.array(identity).max(100).default([]),
    tenant: identity.nullable().default(null),
    attributes: z.custom<JsonObject>(isJsonObject, "must be an object").default({}),
    /** What the key may be used for; `null`: whatever policy permits. */
    scope: scopeSchema.nullable().default(null),
    created: time,
    expires: time.nullable().default(null),
  })
  .superRefine(({ scope, roles }, context) => {
    const unbounded = scope === null ? [] : roles.filter((role) => UNBOUNDED.includes(role));
    if (unbounded.length > 0) {
      const message = `a key with a scope is for calls alone, and cannot have the role ${unbounded.join(", ")}`;
      context.addIssue({ code: "custom", path: ["roles"], message });
    }
  });

export const fileSchema = z
  .strictObject({ version: z.literal(1), keys: z.array(keySchema).max(100_000) })
  .superRefine(({ keys }, context) => {
    const ids = new Set<string>();
    const digests = new Set<string>();
    for (const [index, key] of keys.entries()) {
      if (ids.has(key.id)) {
        context.addIssue({ code: "custom", path: ["keys", index, "id"], message: "stands there twice" });
      }
      ids.add(key.id);
      for (const digest of [key.sha256, ...key.previous.map((one) => one.sha256)]) {
        if (digests.has(digest)) {
          context.addIssue({
            code: "custom",
            path: ["keys", index, "sha256"],
            message: "stands there twice",
          });
        }
        digests.add(digest);
      }
    }
  });

/** One API key as the file holds it. */
export type ApiKeyRecord = z.infer<typeof keySchema>;
export type ApiKeyFile = z.infer<typeof fileSchema>;
