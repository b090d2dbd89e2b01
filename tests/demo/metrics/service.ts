import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "@sark/metrics-service";
import { startMetrics } from "@sark/metrics-service/testing";

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}
export interface DemoTenant {
  readonly id: string;
  readonly admin: string;
  readonly sender: string;
  readonly viewer: string;
}

/** A metrics service of its own, as `npm run start:metrics` has it: with an embedded PostgreSQL, in a folder that is deleted. */
export interface DemoService {
  readonly url: string;
  readonly databaseUrl: string;
  /** File of the public key that verifies the audit log. */
  readonly verifierKeyFile: string;
  readonly platformKey: string;
  send(key: string, method: string, path: string, body?: object): Promise<Reply>;
  tenant(id: string): Promise<DemoTenant>;
  close(): Promise<void>;
}

export async function startDemoService(): Promise<DemoService> {
  const folder = mkdtempSync(join(tmpdir(), "sark-metrics-demo-"));
  const file = join(folder, "metrics.json");
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory: join(folder, "data"),
      http: { port: 0, drainTimeout: "1s" },
      exampleData: false,
      webhooks: { interval: "200ms", allowHttp: true, allowedAddresses: ["127.0.0.1"] },
      logging: { level: "error" },
    }),
  );
  const server = await startMetrics(loadConfig({ file, environment: {} }), {
    environment: {},
    logDestination: { write: () => undefined },
  });
  const platformKey = readFileSync(server.platformKeyFile ?? "", "utf8").trim();

  async function send(key: string, method: string, path: string, body?: object): Promise<Reply> {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { "x-api-key": key, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
  }

  async function issue(tenant: string, role: string): Promise<string> {
    const path = `/v1/platform/tenants/${tenant}/keys`;
    const key = { name: role, principal: `${tenant}-${role}`, roles: [role] };
    return ((await send(platformKey, "POST", path, key)).body as { readonly key: string }).key;
  }

  return {
    url: server.url,
    databaseUrl: server.ownerUrl,
    verifierKeyFile: join(folder, "data", "audit-log.vkey"),
    platformKey,
    send,
    async tenant(id) {
      await send(platformKey, "POST", "/v1/platform/tenants", { id, name: id });
      return {
        id,
        admin: await issue(id, "admin"),
        sender: await issue(id, "sender"),
        viewer: await issue(id, "viewer"),
      };
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
