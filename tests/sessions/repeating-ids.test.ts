import { PEER_SESSION_REVISION } from "@sark/testkit";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { send } from "../support/requests.ts";
import {
  initialize,
  startSessionsUnderTest,
  type SessionsUnderTest,
} from "../support/sessions-under-test.ts";

/** Calls its sessions 1, 2, 3, …, also after a restart, and keeps what the tool `set` was told. */
function startCountingServer() {
  const sessions = new Map<string, unknown>();
  let last = 0;
  const deleted: string[] = [];
  const server = createServer((request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = String(request.headers["mcp-session-id"] ?? "");
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const text = Buffer.concat(chunks).toString();
    const message = (text === "" ? {} : JSON.parse(text)) as {
      id?: number;
      method?: string;
      params?: { name?: string; arguments?: { note?: string } };
    };
    const reply = (result: unknown, headers = {}) =>
      response
        .writeHead(200, { "content-type": "application/json", ...headers })
        .end(JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
    if (message.method === "initialize") {
      const opened = String((last += 1));
      sessions.set(opened, null);
      const serverInfo = { name: "counting", version: "1" };
      reply(
        { protocolVersion: PEER_SESSION_REVISION, capabilities: { tools: {} }, serverInfo },
        { "mcp-session-id": opened },
      );
    } else if (!sessions.has(id)) {
      response.writeHead(404).end();
    } else if (request.method === "DELETE") {
      deleted.push(id);
      sessions.delete(id);
      response.writeHead(200).end();
    } else if (message.method === "tools/list") {
      reply({ tools: ["set", "get"].map((name) => ({ name, inputSchema: { type: "object" } })) });
    } else if (message.method === "tools/call") {
      const { name, arguments: given } = message.params ?? {};
      if (name === "set") {
        sessions.set(id, given?.note);
      }
      reply({ content: [{ type: "text", text: String(sessions.get(id)) }] });
    } else if (message.id === undefined) {
      response.writeHead(202).end();
    } else {
      reply({});
    }
  }
  return {
    server,
    deleted,
    sessions,
    restart(from = 0) {
      sessions.clear();
      deleted.length = 0;
      last = from;
    },
  };
}

describe("a server that gives out the ids of its sessions again after a restart [GTW-2] [GTW-12]", () => {
  const counting = startCountingServer();
  let http: Server;
  let scene: SessionsUnderTest;
  beforeAll(async () => {
    http = counting.server.listen(0, "127.0.0.1");
    await once(http, "listening");
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
    scene = await startSessionsUnderTest({
      upstreams: [{ name: "counting", transport: "http", url, sensitivity: "low", renewSessions: "used" }],
    });
  });
  afterAll(async () => {
    await scene.close();
    http.close();
  });
  beforeEach(() => counting.restart());

  async function open(caller: string): Promise<(tool: string, note?: string) => Promise<string>> {
    const { headers } = await initialize(scene, "counting", caller);
    const session = String(headers["mcp-session-id"]);
    return async (name, note) => {
      const { status, json } = await send(scene.gateway.url, {
        path: "/mcp/counting",
        headers: {
          ...(await scene.as(caller)),
          "mcp-session-id": session,
          "mcp-protocol-version": PEER_SESSION_REVISION,
        },
        body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: { note } } },
      });
      const { result } = json as { result?: { content: { text: string }[] } };
      return result?.content[0]?.text ?? `HTTP ${status}`;
    };
  }

  it("puts no caller into the session of another", async () => {
    const alice = await open("alice");
    expect(await alice("set", "alice's")).toBe("alice's");
    counting.restart();
    const bob = await open("bob");
    expect(await bob("set", "bob's")).toBe("bob's");
    expect(await alice("get")).toBe("HTTP 404");
    expect(await alice("set", "changed")).toBe("HTTP 404");
    expect(await bob("get")).toBe("bob's");
    expect(counting.deleted).toEqual([]);
  });

  it("does not get another session in the place of one: what was begun for that is ended again", async () => {
    const [carol, dave] = [await open("carol"), await open("dave")];
    await carol("set", "carol's");
    await dave("set", "dave's");
    counting.restart(500);
    expect(await dave("get")).toBe("HTTP 404");
    expect([...counting.sessions.keys()]).toEqual([]);
    expect(counting.deleted).toEqual(["501"]);
    expect(await carol("get")).toBe("HTTP 404");
  });
});
