import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import {
  createAuthority,
  requireServer,
  startRedis,
  type CertificateAuthority,
  type Redis,
} from "@sark/testkit";
import { type Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { alive, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { tlsClient } from "../support/tls-clients.ts";

const WORKERS = 2;

describe.skipIf(requireServer("redis-server") === null)(
  "the administration's port of several workers",
  () => {
    let authority: CertificateAuthority;
    let database: Awaited<ReturnType<typeof createAuditDatabase>>;
    let redis: Redis;
    let folder: string;
    let gateway: GatewayProcess;
    let client: Agent;
    let adminUrl: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "sark-admin-port-"));
      authority = createAuthority(folder, "servers");
      const server = authority.issue("gateway", {
        extensions: ["subjectAltName = IP:127.0.0.1,DNS:localhost"],
      });
      database = await createAuditDatabase();
      redis = await startRedis();
      const file = join(folder, "sark.json");
      writeFileSync(
        file,
        JSON.stringify({
          workers: WORKERS,
          dataDirectory: join(folder, "data"),
          redis: { url: `redis://127.0.0.1:${redis.port}`, timeout: "5s" },
          http: { tls: { certFile: server.certFile, keyFile: server.keyFile } },
          admin: { port: 0 },
          upstreams: [],
        }),
      );
      gateway = spawnGateway({ environment: { DATABASE_URL: database.url }, args: ["--config", file] });
      await untilReady(gateway);
      adminUrl = /"admin_url":"([^"]+)"/.exec(gateway.stdout())?.[1] ?? "";
      client = tlsClient(authority);
    });
    afterAll(async () => {
      await client.close();
      gateway.kill("SIGTERM");
      await gateway.exited;
      await redis.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    });

    const key = () => readFileSync(join(folder, "data", "admin.key"), "utf8").trim();
    async function get(url: string, path: string) {
      const { statusCode: status, body } = await request(`${url}${path}`, {
        dispatcher: client,
        headers: { "x-api-key": key() },
      });
      return { status, text: await body.text() };
    }

    it("is one address for all of them, by TLS, apart from that of callers [GTW-6] [GTW-11]", async () => {
      const urls = new Set([...gateway.stdout().matchAll(/"admin_url":"([^"]+)"/g)].map(([, url]) => url));
      expect([...urls]).toEqual([adminUrl]);
      expect(adminUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect(adminUrl).not.toBe(gateway.url());
      for (const [url, path, status] of [
        [adminUrl, "/admin/v1/status", 200],
        [adminUrl, "/metrics", 200],
        [adminUrl, "/health/ready", 200],
        [adminUrl, "/mcp/x", 404],
        [gateway.url(), "/admin/v1/status", 404],
        [gateway.url(), "/metrics", 404],
        [gateway.url(), "/health/ready", 200],
      ] as const) {
        expect([url, path, (await get(url, path)).status]).toEqual([url, path, status]);
      }
      await expect(fetch(adminUrl.replace("https:", "http:"))).rejects.toThrow();
    });

    it("has the metrics of all workers, and reaches each of them [GTW-6]", async () => {
      const { text } = await get(adminUrl, "/metrics");
      for (let worker = 1; worker <= WORKERS; worker += 1) {
        expect(text).toContain(`worker="${worker}"`);
      }
      const replicas = new Set<string>();
      await vi.waitFor(async () => {
        const { text: status } = await get(adminUrl, "/admin/v1/status");
        replicas.add((JSON.parse(status) as { replica: string }).replica);
        expect(replicas.size).toBe(WORKERS);
      });
    });

    it("is served by a worker that takes the place of another [GTW-6]", async () => {
      const serving = () => gateway.stdout().match(/"message":"worker serving"/g)?.length ?? 0;
      expect(serving()).toBe(WORKERS);
      process.kill(
        gateway.family().find((pid) => pid !== gateway.pid)!,
        "SIGKILL",
      );
      await vi.waitFor(() => expect(serving()).toBe(WORKERS + 1));
      const urls = new Set([...gateway.stdout().matchAll(/"admin_url":"([^"]+)"/g)].map(([, url]) => url));
      expect([...urls]).toEqual([adminUrl]);
      for (let at = 0; at < 2 * WORKERS; at += 1) {
        expect((await get(adminUrl, "/health/ready")).status).toBe(200);
        expect((await get(gateway.url(), "/health/ready")).status).toBe(200);
      }
    });

    it("ends with the others by one signal, and leaves no process behind [HLT-2]", async () => {
      const family = gateway.family();
      expect(family.length).toBeGreaterThan(WORKERS);
      gateway.kill("SIGTERM");
      expect(await gateway.exited).toBe(0);
      expect(alive(family)).toEqual([]);
    });
  },
);
