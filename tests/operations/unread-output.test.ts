import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMcpServer } from "@sark/testkit";
import { afterAll, expect, it, vi } from "vitest";
import { EVERYONE_MAY, spawnGateway, untilReady } from "../support/gateway-process.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";
import { createAuditDatabase } from "@sark/audit/testing";

const cleanup: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

it("serves calls while its output is not read, and hands on what waited when it is [LOG-3] [HLT-2]", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-unread-"));
  cleanup.push(() => rmSync(folder, { recursive: true }));
  const database = await createAuditDatabase();
  cleanup.push(database.drop);
  const tools = await startMcpServer();
  cleanup.push(tools.close);
  const file = join(folder, "sark.json");
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory: folder,
      upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    }),
  );
  const gateway = spawnGateway({
    environment: { DATABASE_URL: database.url, ...EVERYONE_MAY },
    args: ["--config", file],
  });
  cleanup.push(async () => {
    gateway.readAgain();
    gateway.kill("SIGTERM");
    await gateway.exited;
  });
  await untilReady(gateway);
  const key = readFileSync(join(folder, "admin.key"), "utf8").trim();

  gateway.stopReading();
  const before = gateway.stdout().length;
  // Several pipes full: each call writes three lines of some 500 bytes.
  for (let round = 0; round < 30; round += 1) {
    const responses = await Promise.all(
      Array.from({ length: 10 }, () =>
        send(gateway.url(), toolCall("tools", "echo", { text: "unread" }, { "x-api-key": key })),
      ),
    );
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
  }
  expect((await send(gateway.url(), { method: "GET", path: "/health" })).status).toBe(200);
  expect(gateway.stdout().length - before).toBeLessThan(200_000);

  gateway.readAgain();
  await vi.waitFor(() => expect(gateway.stdout().split('"message":"call finished"').length - 1).toBe(300), {
    timeout: 30_000,
  });
  await vi.waitFor(async () => expect(await auditRows(database.url, "phase = 'outcome'")).toHaveLength(300));
});
