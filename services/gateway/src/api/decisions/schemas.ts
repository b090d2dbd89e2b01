import { z } from "zod";
import { SENSITIVITY_LEVELS } from "../../domain/authorization.ts";
import { isJsonObject, type JsonObject } from "../../domain/json.ts";
import { metadataProblem } from "./metadata-limits.ts";

const name = z.string().min(1).max(256);
/** Parsed JSON already; only its shape at the top has to be checked. */
const jsonObject = z.custom<JsonObject>(isJsonObject, "must be a JSON object");
/** Recorded as it is, or refused: never cut. */
const recordedObject = jsonObject.superRefine((value, context) => {
  const message = metadataProblem(value);
  if (message !== null) {
    context.addIssue({ code: "custom", message });
  }
});

/** `POST /api/v1/gateway/authorize` */
export const authorizeRequestSchema = z.strictObject({
  action: z.enum([
    "gateway:tool:invoke",
    "gateway:server:list",
    "gateway:tool:discover",
    "gateway:server:info",
  ]),
  server_name: name.nullish(),
  tool_name: name.nullish(),
  parameters: jsonObject.default({}),
  gateway_metadata: recordedObject.default({}),
  sensitivity_level: z.enum(SENSITIVITY_LEVELS).nullish(),
  context: jsonObject.default({}),
});
export type AuthorizeRequest = z.infer<typeof authorizeRequestSchema>;

/** `POST /api/v1/gateway/authorize-a2a` */
export const authorizeA2aRequestSchema = z.strictObject({
  source_agent_id: name,
  target_agent_id: name,
  capability: z.enum(["execute", "query", "delegate"]),
  message_type: name,
  payload_metadata: recordedObject.default({}),
  target_environment: z.string().max(64).nullish(),
  parameters: jsonObject.default({}),
  context: jsonObject.default({}),
});
