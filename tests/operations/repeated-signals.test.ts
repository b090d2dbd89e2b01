import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wait } from "@sark/observability/waiting";
import { createTestDatabase } from "@sark/testkit";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { EVERYONE_MAY, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  folder = mkdtempSync(join(tmpdir(), "sark-signals-"));
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(drainDelay: string): Promise<GatewayProcess> {
  const gateway = spawnGateway({
    environment: {
      DATABASE_URL: database.url,
      ...EVERYONE_MAY,
      SARK_DATA_DIRECTORY: folder,
      SARK_HTTP_DRAIN_DELAY: drainDelay,
    },
  });
  await untilReady(gateway);
  return gateway;
}

it("takes a signal that comes along with its copy for one, and drains", async () => {
  const gateway = await start("200ms");
  // As Ctrl-C comes under `npm run dev`: from the terminal, and from the program that watches the sources.
  gateway.kill("SIGINT");
  gateway.kill("SIGTERM");
  gateway.kill("SIGINT");
  expect(await gateway.exited).toBe(0);
});

it("does not wait when a signal comes again later", async () => {
  const gateway = await start("1h");
  const again = new AbortController();
  void gateway.exited.then(() => again.abort());
  do {
    gateway.kill("SIGINT");
  } while (await wait(100, { signal: again.signal }));
  expect(await gateway.exited).toBe(130);
});
