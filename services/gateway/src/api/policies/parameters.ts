import { documentedAs } from "@sark/http-api";
import { z } from "zod";
import { ACTIONS, SENSITIVITY_LEVELS } from "../../domain/authorization.ts";
import { isJsonObject, type JsonObject } from "@sark/json";
import type { PolicyCandidate } from "../../domain/policy-sets.ts";
import { pageOf } from "../parameters/page.ts";
import { optionalReason } from "@sark/http-api/operations";
import { identityName } from "../parameters/identity-name.ts";
import { name } from "../parameters/name.ts";

export const MAX_CANDIDATE_BYTES = 1024 * 1024;
const MAX_FILES = 200;

const FILE_NAME = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}\.cedar|schema\.cedarschema|entities\.json)$/;

const text = z
  .string()
  .max(MAX_CANDIDATE_BYTES)
  .refine((value) => value.isWellFormed(), "must not contain unpaired surrogates");

const file = z.strictObject({
  name: z.string().regex(FILE_NAME, "must be NAME.cedar, schema.cedarschema or entities.json"),
  text,
});

const files = z
  .array(file)
  .min(1)
  .max(MAX_FILES)
  .refine(
    (given) => new Set(given.map(({ name }) => name)).size === given.length,
    "a name stands there twice",
  )
  .refine(
    (given) => given.reduce((sum, one) => sum + Buffer.byteLength(one.text), 0) <= MAX_CANDIDATE_BYTES,
    `all together may have ${MAX_CANDIDATE_BYTES} bytes`,
  )
  .describe("Cedar policies, and a schema and entities of their own, in place of the policy folder");

/** What of the policies a request is about. */
export const candidateShape = {
  files: files.optional(),
  stands_alone: z
    .boolean()
    .default(false)
    .describe(
      "Whether `files` are all there is; otherwise the schema and the entities in force count where none are given; of callers with a tenant, the schema alone",
    ),
  opa_path: z
    .string()
    .regex(/^[\w.-]{1,100}(?:\/[\w.-]{1,100}){0,9}$/, "must be a path below /v1/data/")
    .refine((path) => path.split("/").every((part) => !/^\.+$/.test(part)), "must not lead upwards")
    .optional()
    .describe("With OPA: path of another decision document of the same OPA, as of a second bundle"),
};
type CandidateBody = z.output<z.ZodObject<typeof candidateShape>>;

export const ONE_CANDIDATE = {
  path: ["opa_path"],
  message: "goes without files",
};

/** A caller that is bound to a tenant is not to ask, by policies of its own, what entities in force say of others. */
export function candidateOf(body: CandidateBody, tenant: string | null): PolicyCandidate {
  const { files: given, stands_alone: alone, opa_path: path } = body;
  if (given !== undefined) {
    const shares = tenant === null ? (["schema", "entities"] as const) : (["schema"] as const);
    return {
      kind: "files",
      files: new Map(given.map((one) => [one.name, one.text])),
      shares: alone ? [] : shares,
    };
  }
  return path === undefined ? { kind: "in_force" } : { kind: "opa_path", path };
}

export function isOneCandidate({ files: given, opa_path: path }: CandidateBody): boolean {
  return given === undefined || path === undefined;
}

export const policiesQuery = z.strictObject(pageOf({ max: 1_000, usual: 200 }));
export type PoliciesQuery = z.output<typeof policiesQuery>;

export const validateBody = z
  .strictObject({ ...candidateShape, reason: optionalReason })
  .refine(isOneCandidate, ONE_CANDIDATE);
export type ValidateBody = z.output<typeof validateBody>;

const jsonObject = documentedAs(z.custom<JsonObject>(isJsonObject, "must be a JSON object"), {
  type: "object",
});

const principal = z.strictObject({
  id: identityName,
  type: z.enum(["user", "agent"]).default("user"),
  actor: identityName.nullable().default(null).describe("The agent that acts for this user"),
  tenant: identityName
    .nullable()
    .optional()
    .describe("Without it: the tenant of the caller, where it has one"),
  roles: z.array(identityName).max(100).default([]),
  attributes: jsonObject.default({}),
  method: z.enum(["jwt", "api_key"]).default("jwt"),
});

export const testBody = z
  .strictObject({
    ...candidateShape,
    principal,
    action: z.enum(ACTIONS).default("gateway:tool:invoke"),
    server: name.optional(),
    tool: name.optional(),
    prompt: name.optional(),
    resource_uri: z.string().min(1).max(2_048).optional(),
    arguments: jsonObject.optional().describe("Of the tool or prompt, `context.parameters`"),
    context: jsonObject.default({}).describe("What else policies see of the request, such as `method`"),
    sensitivity: z.enum(SENSITIVITY_LEVELS).optional().describe("Without it, as configured"),
    time: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("What policies see as the time; without it, now"),
    reason: optionalReason,
  })
  .refine(isOneCandidate, ONE_CANDIDATE)
  .superRefine(({ action, server, tool, prompt, resource_uri: uri }, context) => {
    const named = [tool, prompt, uri].filter((one) => one !== undefined);
    if (named.length > 1) {
      context.addIssue({
        code: "custom",
        path: ["tool"],
        message: "is one of tool, prompt and resource_uri",
      });
    }
    if (named.length > 0 && server === undefined) {
      context.addIssue({ code: "custom", path: ["server"], message: "is required with what it offers" });
    }
    const missing = action === "gateway:tool:invoke" && tool === undefined;
    if (missing) {
      context.addIssue({ code: "custom", path: ["tool"], message: `is required for ${action}` });
    }
    if (action.startsWith("gateway:a2a:")) {
      context.addIssue({
        code: "custom",
        path: ["action"],
        message: "what agents ask of each other is not offered",
      });
    }
  });
export type TestBody = z.output<typeof testBody>;
