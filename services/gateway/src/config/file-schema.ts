import { z } from "zod";
import { transportNames } from "./client-servers.ts";
import { configSchema } from "./schema.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema of the configuration file, for editors: the configuration, and servers in the form of clients. What it
 * refuses the gateway refuses; the gateway looks closer, as at bounds of durations.
 */
export function fileSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: "input" });
  const servers = schema.properties?.["upstreams"];
  if (typeof servers !== "object" || typeof servers.items !== "object" || Array.isArray(servers.items)) {
    throw new TypeError("upstreams are not a list of entries");
  }
  const kinds = (servers.items.oneOf ?? []).map((kind) => serverOf(kind));
  const entry: JsonSchema = { $ref: "#/$defs/server" };
  const list: JsonSchema = { type: "array", items: { type: "object", ...entry, required: ["name"] } };
  const map: JsonSchema = { type: "object", additionalProperties: entry };
  const { description = "" } = servers;
  return {
    ...schema,
    title: "Configuration of the SARK gateway",
    properties: {
      ...withoutSectionDefaults(schema.properties),
      upstreams: { description, anyOf: [list, map] },
      mcpServers: { description: "The same, as MCP clients have them.", anyOf: [map, list] },
    },
    $defs: { server: { anyOf: kinds } },
  };
}

/** One kind of server with the names that clients have for its settings. */
function serverOf(kind: JsonSchema): JsonSchema {
  const { properties = {} } = kind;
  const transport = properties["transport"] as JsonSchema;
  const isHttp = transport.const === "http";
  const named: JsonSchema = { type: "string", enum: transportNames(isHttp ? "http" : "stdio") };
  const { description = "" } = transport;
  const url = properties["url"];
  return {
    ...kind,
    properties: {
      ...properties,
      transport: { ...named, description },
      type: { ...named, description: "`transport`, as clients name it." },
      disabled: { type: "boolean", description: "`enabled`, as clients say it." },
      ...(isHttp && url !== undefined ? { httpUrl: url, serverUrl: url } : {}),
    },
    required: isHttp ? [] : ["command"],
    ...(isHttp ? { anyOf: ["url", "httpUrl", "serverUrl"].map((name) => ({ required: [name] })) } : {}),
  };
}

/** A section has the defaults of its settings; an empty one beside them says nothing. */
function withoutSectionDefaults(properties: JsonSchema["properties"] = {}): JsonSchema["properties"] {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      if (typeof schema !== "object" || schema.properties === undefined) {
        return [name, schema];
      }
      const { default: _default, ...rest } = schema;
      return [name, rest];
    }),
  );
}
