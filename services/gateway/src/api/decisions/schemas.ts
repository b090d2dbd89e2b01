import { documentedAs } from "@sark/http-api";
import { z } from "zod";
import { identityName } from "../parameters/identity-name.ts";
import { SENSITIVITY_LEVELS } from "../../domain/authorization.ts";
import { isJsonObject, type JsonObject } from "@sark/json";
import { MAX_REQUEST_METADATA_BYTES, metadataProblem } from "./metadata-limits.ts";

const name = z.string().min(1).max(256);
/** Parsed JSON already; only its shape at the top has to be checked. */
const jsonObject = documentedAs(z.custom<JsonObject>(isJsonObject, "must be a JSON object"), {
  type: "object",
});
/** Recorded as it is, or refused: never cut. */
const recordedObject = documentedAs(
  jsonObject.superRefine((value, context) => {
    const message = metadataProblem(value);
    if (message !== null) {
      context.addIssue({ code: "custom", message });
    }
  }),
  {
    type: "object",
    description: `Recorded as it is: at most ${MAX_REQUEST_METADATA_BYTES} bytes as canonical JSON`,
  },
);

export const authorizeBody = z.strictObject({
  action: z.enum([
    "gateway:tool:invoke",
    "gateway:server:list",
    "gateway:tool:discover",
    "gateway:server:info",
  ]),
  server_name: name.nullish().describe("Required for `gateway:tool:invoke`"),
  tool_name: name.nullish().describe("Required for `gateway:tool:invoke`"),
  parameters: jsonObject.default({}).describe("Arguments of the tool"),
  gateway_metadata: recordedObject.default({}),
  sensitivity_level: z
    .enum(SENSITIVITY_LEVELS)
    .nullish()
    .describe("May raise the configured level, never lower it"),
  context: jsonObject.default({}),
});
export type AuthorizeBody = z.output<typeof authorizeBody>;

export const authorizeA2aBody = z.strictObject({
  source_agent_id: identityName,
  target_agent_id: identityName,
  capability: z.enum(["execute", "query", "delegate"]),
  message_type: name,
  payload_metadata: recordedObject.default({}),
  target_environment: z.string().max(64).nullish(),
  parameters: jsonObject.default({}),
  context: jsonObject.default({}),
});
export type AuthorizeA2aBody = z.output<typeof authorizeA2aBody>;

export const toolsQuery = z.strictObject({
  server_name: z.string().min(1).max(64).optional().describe("The tools of this server alone"),
});

/** The store checks it field by field, as every event. */
export const reportedEvent = documentedAs(
  z.custom<unknown>((value) => value !== undefined),
  {
    type: "object",
    required: ["event_type", "decision", "reason", "timestamp", "gateway_request_id"],
    properties: {
      event_type: { type: "string", pattern: "^[a-z][a-z0-9_]{0,39}$" },
      user_id: { type: ["string", "null"] },
      agent_id: { type: ["string", "null"] },
      server_name: { type: ["string", "null"] },
      tool_name: { type: ["string", "null"] },
      decision: { enum: ["allow", "deny"] },
      reason: { type: "string", maxLength: 4_096 },
      timestamp: { type: "number", description: "Unix seconds; fractions are allowed" },
      gateway_request_id: { type: "string", minLength: 1, maxLength: 128 },
      metadata: { type: "object", default: {} },
    },
    additionalProperties: false,
  },
);
