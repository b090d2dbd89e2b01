import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { startMcpServer, startTokenIssuer, PEER_SESSION_REVISION } from "@sark/testkit";
import { QUICK, SECRETS, startReceivers } from "../support/destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { recordEvent, send, toolCall } from "../support/requests.ts";

const POISON = "poison-pill";
const CALLS = 4;

/** Replicas under everything that dashboards show: calls that succeed, are denied, fail, are too many, and attacks. */
export interface Traffic {
  readonly gateways: readonly GatewayUnderTest[];
  /** A round of each kind at each replica. */
  round(): Promise<void>;
  /** A call of a tool at the first replica. @returns its correlation id */
  call(): Promise<string>;
  close(): Promise<void>;
}

/** @param hasLogFiles for those who look into logs */
export async function startTraffic(replicas: number, hasLogFiles: boolean): Promise<Traffic> {
  const issuer = await startTokenIssuer({ audience: "sark" });
  const tools = await startMcpServer();
  const receivers = await startReceivers();
  receivers.splunk.poison(POISON);
  const garbled = createServer((_request, response) => response.end("this is no MCP"));
  garbled.listen(0, "127.0.0.1");
  await once(garbled, "listening");
  const servers: Record<string, string> = {
    files: tools.url,
    search: tools.url,
    garbled: `http://127.0.0.1:${(garbled.address() as AddressInfo).port}/mcp`,
    // Nothing listens there.
    closed: "http://127.0.0.1:9/mcp",
  };
  const gateways: GatewayUnderTest[] = [];
  for (let replica = 0; replica < replicas; replica += 1) {
    gateways.push(
      await startGatewayUnderTest({
        upstreams: Object.entries(servers).map(([name, url]) => ({
          name,
          transport: "http",
          url,
          sensitivity: "low",
        })),
        config: {
          authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
          agents: {
            planner: { agent_type: "service", trust_level: "trusted" },
            crawler: { agent_type: "worker", trust_level: "limited" },
          },
          rateLimits: { rules: [{ for: "user", name: "flooder", requests: 1, period: "1h" }] },
          sessions: { maxPerPrincipal: 1 },
          policy: { timeout: "60s" },
          ...(hasLogFiles ? { logging: { files: {} } } : {}),
          audit: { checkpointInterval: "250ms" },
          // Nothing listens there: spans are recorded as callers ask for it, and go nowhere.
          tracing: { endpoint: "http://127.0.0.1:9/v1/traces", sampleRatio: 0 },
          destinations: [
            { name: "splunk", sink: receivers.sinks.splunk, ...QUICK },
            { name: "webhook", sink: receivers.sinks.webhook, ...QUICK },
          ],
        },
        environment: SECRETS,
        policies: {
          "everyone.cedar": "permit(principal, action, resource);",
          "mallory.cedar": `@id("no-mallory") forbid(principal, action, resource) when { principal.id == "mallory" && action != Action::"gateway:server:list" };`,
        },
      }),
    );
  }

  async function as(sub: string, claims: object = {}): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await issuer.issue({ sub, roles: ["user"], ...claims })}` };
  }

  async function callsOf(gateway: GatewayUnderTest, sub: string, traced = false): Promise<void> {
    const trace = { traceparent: `00-${"ab".repeat(16)}-${"cd".repeat(8)}-0${traced ? 1 : 0}` };
    for (const server of Object.keys(servers)) {
      for (let call = 0; call < CALLS; call += 1) {
        const headers = { ...(await as(sub)), ...trace };
        await send(gateway.url, toolCall(server, "echo", { text: `${call}` }, headers));
      }
    }
  }

  async function decisionsOver(gateway: GatewayUnderTest): Promise<void> {
    const planner = await as("planner", { roles: ["agent"], principal_type: "agent" });
    const ask = (path: string, headers: Record<string, string>, body: object) =>
      send(gateway.url, { path: `/api/v1/gateway/${path}`, headers, body });
    for (const capability of ["execute", "query", "delegate"]) {
      await ask("authorize-a2a", planner, {
        source_agent_id: "planner",
        target_agent_id: "crawler",
        capability,
        message_type: "task",
      });
    }
    // Metrics name those who were permitted something.
    await ask("authorize", await as("mallory"), { action: "gateway:server:list" });
    for (const server of Object.keys(servers)) {
      const action = "gateway:server:info";
      await ask("authorize", await as("alice"), { action, server_name: server });
      await ask("authorize", await as("mallory"), { action, server_name: server });
    }
  }

  async function attacks(gateway: GatewayUnderTest): Promise<void> {
    const call = toolCall("files", "echo", { text: "x" });
    await send(gateway.url, call);
    await send(gateway.url, { ...call, headers: { ...call.headers, "x-api-key": "sark_wrong" } });
    const alice = await as("alice");
    const raw = { path: "/mcp/files", headers: { ...call.headers, ...alice } };
    await send(gateway.url, { ...raw, body: "{" });
    const twice = JSON.stringify(call.body).replace('"arguments":{', '"arguments":{"text":"y",');
    await send(gateway.url, { ...raw, body: twice });
    await callsOf(gateway, "flooder");
  }

  async function sessions(gateway: GatewayUnderTest): Promise<void> {
    const initialize = {
      protocolVersion: PEER_SESSION_REVISION,
      capabilities: {},
      clientInfo: { name: "demo", version: "1" },
    };
    for (const server of ["files", "search"]) {
      await send(gateway.url, {
        path: `/mcp/${server}`,
        headers: await as("bob"),
        body: { jsonrpc: "2.0", id: 0, method: "initialize", params: initialize },
      });
    }
  }

  return {
    gateways,
    async round() {
      for (const gateway of gateways) {
        await callsOf(gateway, "alice", true);
        await callsOf(gateway, "bob");
        await callsOf(gateway, "mallory");
        await decisionsOver(gateway);
        await attacks(gateway);
        await sessions(gateway);
        await recordEvent(gateway, POISON);
      }
    },
    async call() {
      const [gateway] = gateways;
      const headers = await as("alice");
      const call = toolCall("files", "echo", { text: "hello" }, headers);
      const response = await send(gateway?.url ?? "", call);
      return String(response.headers["x-correlation-id"]);
    },
    async close() {
      for (const gateway of gateways) {
        await gateway.close();
      }
      await receivers.close();
      await tools.close();
      await issuer.close();
      garbled.closeAllConnections();
      garbled.close();
    },
  };
}
