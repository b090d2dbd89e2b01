import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noteExposition, startMcpServer } from "@sark/testkit";
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

/** A gateway that logs until standard output takes no more, and says by a file what it counted. */
const PROGRAM = `
  import { writeFileSync } from "node:fs";
  import { loadConfig, startGateway } from "@sark/gateway";
  const [file, counted] = process.argv.slice(1);
  const gateway = await startGateway(loadConfig({ file, environment: {} }));
  const { logger, recorder } = gateway.telemetry;
  const text = "unread ".repeat(1_000);
  while (!recorder.moved().includes("sark_log_stdout_lines_dropped_total")) {
    logger.info({ text }, "line");
  }
  writeFileSync(counted, (await recorder.expose()).body);
  await gateway.close();`;

it("counts lines that standard output did not get because its reader stood still [LOG-3] [MET-12]", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-dropped-"));
  cleanup.push(() => rmSync(folder, { recursive: true }));
  const database = await createAuditDatabase();
  cleanup.push(database.drop);
  const [file, counted] = [join(folder, "sark.json"), join(folder, "counted")];
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory: folder,
      http: { port: 0 },
      database: { url: database.url },
      policy: { directory: EVERYONE_MAY.SARK_POLICY_DIRECTORY },
      upstreams: [],
    }),
  );
  const program = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, file, counted], {
    cwd: import.meta.dirname,
    // Nothing reads its standard output.
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(await once(program, "exit")).toEqual([0, null]);
  const exposition = readFileSync(counted, "utf8");
  noteExposition("gateway", exposition);
  expect(exposition).toMatch(/^sark_log_stdout_lines_dropped_total [1-9]/m);
});
