import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wait } from "@sark/observability/waiting";
import { createAuditDatabase } from "@sark/audit/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  alive,
  EVERYONE_MAY,
  spawnGateway,
  untilReady,
  type GatewayProcess,
} from "../support/gateway-process.ts";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let folder: string;
beforeEach(async () => {
  database = await createAuditDatabase();
  folder = mkdtempSync(join(tmpdir(), "sark-signals-"));
  // The embedded database runs under an account of its own.
  chmodSync(folder, 0o711);
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** With a database that is there already and no servers, or as a first start has them, as children of its own. */
async function start(drainDelay: string, databaseUrl?: string): Promise<GatewayProcess> {
  const file = join(folder, "no-servers.json");
  writeFileSync(file, '{"upstreams":[]}');
  const gateway = spawnGateway({
    environment: {
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl, SARK_CONFIG: file }),
      ...EVERYONE_MAY,
      SARK_DATA_DIRECTORY: folder,
      SARK_HTTP_DRAIN_DELAY: drainDelay,
    },
  });
  await untilReady(gateway);
  return gateway;
}

it("shows debug lines when SIGUSR2 asks for them; takes a signal that comes along with its copy for one, and drains [LOG-2]", async () => {
  const gateway = await start("200ms", database.url);
  gateway.kill("SIGUSR2");
  await vi.waitFor(() => expect(gateway.stdout()).toContain("a signal sets the log level to debug"));
  // As Ctrl-C comes under `npm run dev`: from the terminal, and from the program that watches the sources.
  gateway.kill("SIGINT");
  gateway.kill("SIGTERM");
  gateway.kill("SIGINT");
  expect(await gateway.exited).toBe(0);
});

/** Sends it until the gateway has ended: a second one that comes too soon counts as the same. */
async function signalled(gateway: GatewayProcess, signal: NodeJS.Signals): Promise<number | string> {
  const again = new AbortController();
  void gateway.exited.then(() => again.abort());
  do {
    gateway.kill(signal);
  } while (await wait(100, { signal: again.signal }));
  return gateway.exited;
}

it("does not wait when a signal comes again later", async () => {
  expect(await signalled(await start("1h", database.url), "SIGINT")).toBe(130);
});

it("leaves nothing running when a signal comes again later: neither its database nor its servers", async () => {
  const gateway = await start("1h");
  const family = gateway.family();
  // Its own process, the database's, and those of the server that comes with a first start.
  expect(family.length).toBeGreaterThan(3);
  expect(await signalled(gateway, "SIGTERM")).toBe(130);
  await vi.waitFor(() => expect(alive(family)).toEqual([]), { timeout: 10_000 });
});
