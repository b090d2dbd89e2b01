import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PEER_STATELESS_REVISION } from "@sark/testkit";
import { startStandaloneGateway, type StandaloneGateway } from "../../support/standalone-gateway.ts";
import { issueTokens, type CallerName } from "./callers.ts";
import { ARGUMENT_SECRET } from "./secrets.ts";
import { startRecordingServer, type Received } from "./recording-server.ts";

/** A gateway with servers that write down what they get, and what an attacker may hold in the hand. */
export interface World {
  readonly gateway: StandaloneGateway;
  readonly databaseUrl: string;
  readonly tokens: Readonly<Record<CallerName, string>>;
  /** Key of role `admin`. */
  readonly apiKey: string;
  /** What the stdio server got so far, line by line. */
  stdioLines(): string[];
  /** What must stand in no log line, no figure and no response. */
  readonly secrets: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** An empty database, or one with the schema. */
  readonly databaseUrl: string;
  /** What node runs for the gateway. */
  readonly program: string;
  /** Told of every body that reaches a server over HTTP, before the server does anything about it. */
  received(received: Received): Promise<void>;
}

const POLICIES = `
permit(principal, action, resource);
forbid(principal, action == Action::"gateway:tool:invoke", resource) unless { resource.name like "ok*" };
forbid(principal, action == Action::"gateway:tool:invoke", resource)
  when { context has parameters && context.parameters has danger };
forbid(principal, action == Action::"gateway:resource:read", resource) when { resource.uri like "*secret*" };
forbid(principal, action == Action::"gateway:prompt:get", resource) unless { resource.name like "ok*" };
`;

export async function startWorld(options: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sark-hostile-"));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) {
      await step();
    }
  };
  try {
    const loose = await startRecordingServer("loose", options.received);
    undo.push(loose.close);
    const shared = await startRecordingServer("shared.v2", options.received);
    undo.push(shared.close);
    const { issuer, tokens } = await issueTokens(folder);
    const stdioFile = join(folder, "stdio.jsonl");
    writeFileSync(stdioFile, "");
    writeFileSync(join(folder, "all.cedar"), POLICIES);
    const secrets = { upstreamToken: "planted-upstream-b8a2e471" };
    const http = { transport: "http", headers: { authorization: "Bearer ${UPSTREAM_TOKEN}" } };
    const configFile = join(folder, "sark.json");
    const config = {
      dataDirectory: join(folder, "data"),
      http: {
        port: 0,
        maxBodySize: "100000B",
        headersTimeout: "2s",
        requestTimeout: "3s",
        drainTimeout: "2s",
      },
      policy: { directory: folder, timeout: "1m" },
      database: { url: options.databaseUrl, timeout: "1m" },
      authentication: { jwt: [issuer], maxFailures: 1_000_000 },
      audit: { arguments: "full", checkpointInterval: "1s" },
      agents: { planner: { agent_type: "service", trust_level: "trusted" } },
      sessions: { maxPerPrincipal: 20 },
      quotas: {
        prices: [{ server: "loose", tool: "ok_typed", perCall: "0.001" }],
        budgets: [{ for: "user", daily: "1000000" }],
      },
      rateLimits: { rules: [{ for: "user", requests: 1_000_000, period: "1h" }] },
      logging: { level: "debug" },
      upstreams: [
        { ...http, name: "loose", url: loose.url, sensitivity: "low" },
        { ...http, name: "shared.v2", url: shared.url, sensitivity: "high" },
        {
          name: "piped",
          transport: "stdio",
          command: process.execPath,
          args: [join(import.meta.dirname, "stdio-server.ts"), stdioFile, PEER_STATELESS_REVISION],
          sensitivity: "low",
          limits: { sessions: 4 },
        },
      ],
    };
    writeFileSync(configFile, JSON.stringify(config));
    const gateway = await startStandaloneGateway({
      program: options.program,
      configFile,
      environment: { UPSTREAM_TOKEN: secrets.upstreamToken },
    });
    undo.push(() => gateway.stop());
    const apiKey = readFileSync(join(folder, "data", "admin.key"), "utf8").trim();
    return {
      gateway,
      databaseUrl: options.databaseUrl,
      tokens,
      apiKey,
      stdioLines: () => readFileSync(stdioFile, "utf8").split("\n").slice(0, -1),
      secrets: { ...secrets, apiKey, argument: ARGUMENT_SECRET, ...prefixed(tokens) },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The signature of a token is its secret; what it says of its caller may stand anywhere. */
function prefixed(tokens: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tokens).map(([name, token]) => [`token of ${name}`, token.split(".")[2] ?? ""]),
  );
}
