import type { OpenApiDocument, OpenApiOperation } from "@sark/http-api/documents";
import { OWN_STATELESS_REVISION, REVISIONS } from "../mcp-protocol/revisions.ts";
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  VERSION_META_KEY,
} from "../mcp-protocol/vocabulary/meta-keys.ts";

export const mcpTag = {
  name: "MCP",
  description: `Model Context Protocol, Streamable HTTP, in the revisions ${REVISIONS.map(({ name }) => name).join(", ")}. Policy decides on every call, and the audit log records it. [errors.md](errors.md) lists its errors, which are JSON-RPC errors.`,
};

const METHODS = {
  post: ["mcpSend", "Sends a JSON-RPC message to an MCP server"],
  get: ["mcpListen", "Opens the stream of an MCP session; revisions with sessions only"],
  delete: ["mcpEndSession", "Ends an MCP session; revisions with sessions only"],
} as const;

/** The route of MCP, which speaks a protocol of its own and is in no table. */
export function mcpPaths(securitySchemes: readonly string[]): OpenApiDocument["paths"] {
  const operations = Object.entries(METHODS).map(
    ([method, [operationId, summary]]): [string, OpenApiOperation] => [
      method,
      {
        operationId,
        tags: [mcpTag.name],
        summary,
        parameters: [
          {
            name: "server",
            in: "path",
            required: true,
            description: "The MCP server, as the configuration calls it",
            schema: { type: "string" },
            example: "tools",
          },
        ],
        ...(method === "post"
          ? {
              requestBody: {
                required: true,
                content: { "application/json": { schema: { type: ["object", "array"] }, example: CALL } },
              },
            }
          : {}),
        responses: {
          "200": {
            description:
              "What the server responds with, as JSON or as a stream of events; also a JSON-RPC error.",
            content: { "application/json": {}, "text/event-stream": {} },
          },
          default: {
            description:
              "A JSON-RPC error, or the error of the API where the request ends before it is read as MCP.",
            content: { "application/json": {} },
          },
        },
        security: securitySchemes.map((name) => ({ [name]: [] })),
        "x-access": "every caller",
      },
    ],
  );
  return { "/mcp/{server}": Object.fromEntries(operations) };
}

const CALL = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: {
    name: "echo",
    arguments: { text: "hello" },
    _meta: {
      [VERSION_META_KEY]: OWN_STATELESS_REVISION.name,
      [CLIENT_INFO_META_KEY]: { name: "example", version: "1" },
      [CLIENT_CAPABILITIES_META_KEY]: {},
    },
  },
};
