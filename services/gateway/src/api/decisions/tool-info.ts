import { holdsSensitive, viewSchema } from "@sark/audit/payloads";
import type { Tool } from "./responses.ts";
import type { Sensitivity } from "../../domain/authorization.ts";
import { isJsonObject, type Json } from "@sark/json";
import type { ListedTool } from "../../domain/upstream.ts";

export function toToolInfo(server: string, tool: ListedTool, sensitivity: Sensitivity): Tool {
  const { inputSchema } = tool;
  const properties = isJsonObject(inputSchema["properties"]) ? inputSchema["properties"] : {};
  const required = new Set(Array.isArray(inputSchema["required"]) ? inputSchema["required"] : []);
  // What the audit log hides of arguments, by the same view of the schema. A parameter is listed for what lies within it, too.
  const view = viewSchema(inputSchema);
  const names = new Set([...Object.keys(properties), ...view.names()]);
  return {
    tool_name: tool.name,
    server_name: server,
    description: tool.description,
    sensitivity_level: sensitivity,
    parameters: Object.entries(properties).map(([name, schema]) => ({
      name,
      type: typeOf(schema),
      required: required.has(name),
    })),
    sensitive_params: [...names].filter((name) => holdsSensitive(view.property(name))),
    required_capabilities: [],
    input_schema: inputSchema,
  };
}

function typeOf(schema: Json): string {
  return isJsonObject(schema) && typeof schema["type"] === "string" ? schema["type"] : "any";
}
