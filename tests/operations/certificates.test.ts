import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createAuthority,
  queryDatabase,
  type IssuedCertificate,
  requireServer,
  startPostgres,
  startRedis,
  UNFLUSHED,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { send } from "../support/requests.ts";
import { tlsClient } from "../support/tls-clients.ts";

const WAIT = { timeout: 60_000, interval: 100 };
const HERE = ["subjectAltName = IP:127.0.0.1,DNS:localhost"];
const hasServers = requireServer("openssl") !== null && requireServer("redis-server") !== null;

describe.skipIf(!hasServers)("a gateway whose certificates end", () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-ending-"));
  const cleanups: (() => unknown)[] = [];
  let authority: ReturnType<typeof createAuthority>;
  let gateway: GatewayUnderTest;
  let database: string;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  const files = { certFile: join(folder, "own.pem"), keyFile: join(folder, "own.key") };

  /** Of three days, so many hours are left. */
  function issue(name: string, hours: number) {
    return authority.issue(name, { hours, begins: hours - 72, extensions: HERE });
  }
  function present(name: string, hours: number) {
    const issued = issue(name, hours);
    copyFileSync(issued.keyFile, files.keyFile);
    copyFileSync(issued.certFile, files.certFile);
  }

  /** Its files have to be those of the server's user, whose the data are. */
  async function speakTls(url: string, { certFile, keyFile }: IssuedCertificate) {
    const [row] = await queryDatabase<{ data_directory: string }>(url, "SHOW data_directory");
    const directory = row?.data_directory ?? "";
    const { uid, gid } = statSync(directory);
    for (const [from, name] of [
      [certFile, "server.crt"],
      [keyFile, "server.key"],
    ] as const) {
      const path = join(directory, name);
      copyFileSync(from, path);
      chmodSync(path, 0o600);
      chownSync(path, uid, gid);
    }
    await queryDatabase(url, "ALTER SYSTEM SET ssl = on");
    await queryDatabase(url, "SELECT pg_reload_conf()");
  }

  beforeAll(async () => {
    cleanups.push(() => rmSync(folder, { recursive: true }));
    authority = createAuthority(folder, "servers");
    present("first", 24);
    const postgres = await startPostgres({ settings: UNFLUSHED });
    cleanups.push(() => postgres.stop());
    await speakTls(postgres.url, issue("database", 6));
    database = `127.0.0.1:${postgres.port}`;
    const url = new URL(await postgres.createDatabase());
    url.searchParams.set("sslmode", "verify-full");
    url.searchParams.set("sslrootcert", authority.certFile);
    redis = await startRedis({ tls: true });
    cleanups.push(() => redis.close());
    const redisAuthority = join(folder, "redis-ca.pem");
    writeFileSync(redisAuthority, redis.authority ?? "");
    gateway = await startGatewayUnderTest({
      upstreams: [],
      policies: EVERYONE,
      config: {
        http: { tls: files },
        database: { url: url.href },
        redis: { url: `rediss://127.0.0.1:${redis.port}`, tls: { caFile: redisAuthority } },
      },
    });
    cleanups.push(() => gateway.close());
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) {
      await cleanup();
    }
  });

  async function get(path: string) {
    // The gateway soon shows the certificate that has ended in one of the tests.
    const dispatcher = tlsClient(authority, undefined, { takesExpired: true });
    try {
      return await send(gateway.url, {
        method: "GET",
        path,
        headers: { "x-api-key": gateway.apiKey },
        dispatcher,
      });
    } finally {
      await dispatcher.close();
    }
  }
  async function certificates() {
    const { json } = await get("/health/detailed");
    const { components } = json as { components: { name: string; status: string; message: string | null }[] };
    return components.find(({ name }) => name === "certificates");
  }

  /** In hours. */
  async function remaining(certificate: string) {
    const { text } = await get("/metrics");
    const series = `^sark_gateway_certificate_remaining_seconds\\{certificate="${certificate}",role="\\w+"\\} (-?\\d+)$`;
    return Number(new RegExp(series, "m").exec(text)?.[1]) / 3_600;
  }

  it("says which, the database's among them, and how long each is valid [HLT-1] [GTW-1]", async () => {
    await vi.waitFor(async () => {
      expect(await certificates()).toMatchObject({
        status: "degraded",
        message: expect.stringContaining(database),
      });
    }, WAIT);
    expect(await remaining("http.tls.certFile")).toBeCloseTo(24, 0);
    expect(await remaining(database)).toBeCloseTo(6, 0);
    expect(await remaining("database.url.sslrootcert")).toBeCloseTo(72, 0);
    expect(await remaining("redis.tls.caFile")).toBeGreaterThan(1);
    expect(await remaining(`127.0.0.1:${redis.port}`)).toBeGreaterThan(1);
  });

  it("counts with the file that has come, without a restart [HLT-1]", async () => {
    expect(await remaining("http.tls.certFile")).toBeCloseTo(24, 0);
    present("ended", -1);
    expect(await remaining("http.tls.certFile")).toBeCloseTo(-1, 0);
    present("next", 48);
    expect(await remaining("http.tls.certFile")).toBeCloseTo(48, 0);
  });
});
