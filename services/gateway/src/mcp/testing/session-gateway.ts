import { expect } from "vitest";
import { OWN_SESSION_REVISION } from "../../mcp-protocol/revisions.ts";
import { ask } from "./ask.ts";
import { resultOf, type ScriptedResponse, type SentRequest } from "./scripted-upstream.ts";
import type { TestGateway, TestGatewayOptions } from "./start-gateway.ts";
import { scriptedGateway } from "./test-gateway.ts";

/** A gateway before one server, `s`, that opens sessions and responds to the rest as the test says. Ends with the test. */
export async function sessionGateway(
  response: (sent: SentRequest) => ScriptedResponse | Promise<ScriptedResponse>,
  options: Omit<TestGatewayOptions, "upstreams"> = {},
) {
  return scriptedGateway(
    (sent) =>
      sent.message["method"] === "initialize"
        ? { headers: { "mcp-session-id": "up" }, body: JSON.stringify(resultOf(sent.message["id"])) }
        : response(sent),
    options,
  );
}

/** The headers of a session that was opened for them. */
export async function openSession(gateway: TestGateway, version: string | null = OWN_SESSION_REVISION.name) {
  const body = { jsonrpc: "2.0", id: "init", method: "initialize", params: {} };
  const opened = await ask(gateway, { body });
  expect(opened.status).toBe(200);
  return {
    "mcp-session-id": opened.headers["mcp-session-id"],
    ...(version === null ? {} : { "mcp-protocol-version": version }),
  };
}

export const toolCall = (id: number | string = 1, name = "add") => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name },
});

export const cancelOf = (requestId: unknown = 1) => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId },
});

export const progressNote = (progress: number) => ({
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progress },
});

/** How the tool calls ended, as far as they have. */
export const outcomesOf = (gateway: TestGateway) =>
  gateway.governor.calls("tools/call").flatMap(({ results }) => results.map(({ outcome }) => outcome));
