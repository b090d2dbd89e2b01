import { fromJsonSchema, type CallToolResult, type McpServer } from "@modelcontextprotocol/server";
import { RED_PIXEL_PNG, SILENT_WAV } from "../media.ts";

const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });

/** The conformance suite's tools that return each kind of content, and those whose schema is the point. */
export function registerContentTools(server: McpServer): void {
  server.registerTool("test_simple_text", { description: "Returns a text" }, () =>
    text("This is a simple text response for testing."),
  );
  server.registerTool("test_image_content", { description: "Returns an image" }, () => ({
    content: [{ type: "image" as const, data: RED_PIXEL_PNG, mimeType: "image/png" }],
  }));
  server.registerTool("test_audio_content", { description: "Returns audio" }, () => ({
    content: [{ type: "audio" as const, data: SILENT_WAV, mimeType: "audio/wav" }],
  }));
  server.registerTool("test_embedded_resource", { description: "Returns an embedded resource" }, () => ({
    content: [
      {
        type: "resource" as const,
        resource: {
          uri: "test://embedded-resource",
          mimeType: "text/plain",
          text: "This is an embedded resource content.",
        },
      },
    ],
  }));
  server.registerTool(
    "test_multiple_content_types",
    { description: "Returns three kinds of content" },
    () => ({
      content: [
        { type: "text" as const, text: "Multiple content types test:" },
        { type: "image" as const, data: RED_PIXEL_PNG, mimeType: "image/png" },
        {
          type: "resource" as const,
          resource: {
            uri: "test://mixed-content-resource",
            mimeType: "application/json",
            text: JSON.stringify({ test: "data", value: 123 }),
          },
        },
      ],
    }),
  );
  server.registerTool("test_error_handling", { description: "Always fails" }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  server.registerTool(
    "json_schema_2020_12_tool",
    {
      description: "Has a schema with JSON Schema 2020-12 keywords",
      inputSchema: fromJsonSchema(CONTACT_SCHEMA),
    },
    (args) => text(JSON.stringify(args)),
  );
  server.registerTool(
    "test_x_mcp_header",
    {
      description: "Has an argument that travels in a header, too",
      inputSchema: fromJsonSchema(HEADER_SCHEMA),
    },
    (args) => text(JSON.stringify(args)),
  );
}

/** Written out as JSON Schema: no schema library emits `$anchor` or conditionals. */
const CONTACT_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

const HEADER_SCHEMA = {
  type: "object",
  properties: {
    region: { type: "string", description: "Also in Mcp-Param-Region", "x-mcp-header": "Region" },
    limit: { type: "integer" },
  },
};
