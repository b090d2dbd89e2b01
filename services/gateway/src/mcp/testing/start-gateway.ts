import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Caller } from "../../domain/governance.ts";
import type { Service } from "../../domain/service.ts";
import type { Sessions } from "../../domain/sessions.ts";
import type { Upstream } from "../../domain/upstream.ts";
import type { JsonObject } from "@sark/json";
import { createMcpEndpoint, type McpEndpoint } from "../endpoint.ts";
import { DEFAULT_MCP_LIMITS, type McpLimits } from "../contract/limits.ts";
import { createSessionBinding } from "../session/binding.ts";
import { testGovernor, type GovernorRules, type TestGovernor } from "./governor.ts";
import { httpUpstream } from "./http-upstream.ts";
import { testObserver, type TestObserver } from "./observer.ts";
import { unboundedSessions } from "./unbounded-sessions.ts";

export interface TestGatewayOptions {
  /** Upstream servers by name: a URL, or one made by hand. */
  readonly upstreams: Readonly<Record<string, string | Upstream>>;
  readonly rules?: GovernorRules;
  readonly limits?: Partial<McpLimits>;
  readonly sessionKey?: Buffer;
  readonly service?: Service;
  readonly sessions?: Sessions;
  /** Off unless a test is about them: the others compare what passes with what the server wrote. */
  readonly auditReferences?: boolean;
  /** By the tool's name. */
  readonly schemas?: Readonly<Record<string, JsonObject>>;
}

export interface TestGateway {
  url(server: string): string;
  readonly governor: TestGovernor;
  readonly observer: TestObserver;
  readonly endpoint: McpEndpoint;
  /** What `alice` gets for an event of the server `s`, in the session that it calls `up`, or in none. */
  eventId(id: string, session?: string | null): string;
  close(): Promise<void>;
}

/** The endpoint behind a plain HTTP server on loopback. The header `x-user` says who calls; `alice` without it. */
export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const governor = testGovernor(options.rules);
  const observer = testObserver();
  const upstreams = new Map(
    Object.entries(options.upstreams).map(([name, target]) => [
      name,
      typeof target === "string" ? httpUpstream(name, target) : target,
    ]),
  );
  const { sessionKey = randomBytes(32) } = options;
  const binding = createSessionBinding(sessionKey);
  const endpoint = createMcpEndpoint({
    governor,
    scopeChallenge: (scopes) => `Bearer scope="${scopes.join(" ")}"`,
    toolSchema: async (_server, tool) => options.schemas?.[tool],
    observer,
    service: options.service ?? ALWAYS_SERVING,
    sessions: options.sessions ?? unboundedSessions(),
    auditReferences: options.auditReferences ?? false,
    upstreams: (name) => upstreams.get(name),
    sessionKey,
    limits: { ...DEFAULT_MCP_LIMITS, ...options.limits },
  });
  const server = createServer((req, res) => {
    serve(endpoint, req, res).catch(() => res.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: (name) => `http://127.0.0.1:${port}/mcp/${name}`,
    governor,
    observer,
    endpoint,
    eventId: (id, session = "up") => binding.bindEvent("s", testCaller("alice").principal, session, id),
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    },
  };
}

async function serve(endpoint: McpEndpoint, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const left = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) {
      left.abort();
    }
  });
  const body = await buffer(req);
  const response = await endpoint.handle({
    method: req.method ?? "",
    headers: req.headers,
    body: body.length === 0 ? null : body,
    server: (req.url ?? "").split("/").at(-1) ?? "",
    caller: testCaller(String(req.headers["x-user"] ?? "alice")),
    signal: left.signal,
  });
  res.once("close", () => response.taken?.());
  res.writeHead(response.status, { ...response.headers });
  if (response.body === null || response.body instanceof Buffer) {
    res.end(response.body);
    return;
  }
  res.flushHeaders();
  await pipeline(response.body, res).catch(() => {});
}

export function testCaller(id: string): Caller {
  return {
    principal: {
      id,
      type: "user",
      actor: null,
      tenant: "acme",
      roles: [],
      attributes: {},
      method: "api_key",
    },
    correlationId: `correlation-${id}`,
    clientAddress: "127.0.0.1",
    credential: `api_key:${id}`,
    traceHeaders: {},
  };
}

const ALWAYS_SERVING: Service = { enter: () => ({ onEnd: () => undefined, leave: () => undefined }) };
