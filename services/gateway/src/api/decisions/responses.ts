import { documentedAs } from "@sark/http-api";
import { z } from "zod";
import { SENSITIVITY_LEVELS } from "../../domain/authorization.ts";
import { isJsonObject, type JsonObject } from "@sark/json";

const jsonObject = () => documentedAs(z.custom<JsonObject>(isJsonObject), { type: "object" });
const sensitivity = z.enum(SENSITIVITY_LEVELS);

/** What `authorize` and `authorize-a2a` respond with. */
export const authorization = z
  .object({
    allow: z.boolean(),
    reason: z.string(),
    filtered_parameters: jsonObject().optional(),
    audit_id: z.string().describe("The committed record of this decision"),
    cache_ttl: z.number().describe("Seconds that the caller may keep the decision; 0 forbids"),
  })
  .meta({ id: "Authorization" });

/** SARK's `GatewayServerInfo`. */
export const server = z
  .object({
    server_id: z.string(),
    server_name: z.string(),
    server_url: z.string().describe("Where to reach it through the gateway, relative to its address"),
    sensitivity_level: sensitivity,
    authorized_teams: z.array(z.string()),
    access_restrictions: jsonObject().nullable(),
    health_status: z.enum(["healthy", "unhealthy"]),
    tools_count: z.number().int().describe("Tools that this caller may invoke"),
  })
  .meta({ id: "Server" });

/** SARK's `GatewayToolInfo`, with the tool's own schema in addition. */
export const tool = z
  .object({
    tool_name: z.string(),
    server_name: z.string(),
    description: z.string(),
    sensitivity_level: sensitivity,
    parameters: z.array(z.object({ name: z.string(), type: z.string(), required: z.boolean() })),
    sensitive_params: z.array(z.string()).describe("Parameters that the audit log hides"),
    required_capabilities: z.array(z.string()),
    input_schema: jsonObject(),
  })
  .meta({ id: "Tool" });
export const toolList = z.array(tool);

export const reported = z
  .object({ audit_id: z.string(), status: z.literal("logged") })
  .meta({ id: "Reported" });

export type Authorization = z.output<typeof authorization>;
export type Server = z.output<typeof server>;
export type Tool = z.output<typeof tool>;
