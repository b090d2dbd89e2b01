import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPool } from "@sark/audit/postgres";
import { generateApiKey } from "@sark/authentication";
import { createTestDatabase, queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { startWebhookReceiver, verifyMessage, type WebhookReceiver } from "../webhooks/testing/receiver.ts";

const PROGRAM = fileURLToPath(new URL("../main.ts", import.meta.url));
const PLATFORM_KEY = generateApiKey();
const WAIT = { timeout: 240_000, interval: 100 };
const folder = mkdtempSync(join(tmpdir(), "sark-webhooks-crash-"));
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let receiver: WebhookReceiver;
let service: ChildProcess;
let url = "";
beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  service.kill("SIGKILL");
  await receiver.close();
  await vi.waitFor(() => database.drop(), WAIT);
  rmSync(folder, { recursive: true, force: true });
});

/** Looks for what is to be sent as often as this. */
async function start(interval: string): Promise<void> {
  const file = join(folder, "config.json");
  const webhooks = { allowedAddresses: ["127.0.0.1"], allowHttp: true, interval };
  writeFileSync(file, JSON.stringify({ webhooks, http: { port: 0 }, logging: { format: "json" } }));
  service = spawn(process.execPath, [PROGRAM, "--config", file], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      METRICS_DATA_DIRECTORY: folder,
      METRICS_PLATFORM_KEY: PLATFORM_KEY,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let welcome = "";
  service.stderr?.setEncoding("utf8").on("data", (text: string) => (welcome += text));
  await vi.waitFor(() => {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(welcome);
    expect(found).not.toBeNull();
    url = found?.[0] ?? "";
  }, WAIT);
}

async function kill(): Promise<void> {
  const ended = once(service, "exit");
  service.kill("SIGKILL");
  await ended;
}

async function post(by: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "x-api-key": by, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  return response.json();
}

it("sends what was committed, killed between commit and send, and while it is sent [SVC-1]", async () => {
  await start("1m");
  await post(PLATFORM_KEY, "/v1/platform/tenants", { id: "acme", name: "Acme" });
  const admin = { name: "first", principal: "p", roles: ["admin"] };
  const { key } = (await post(PLATFORM_KEY, "/v1/platform/tenants/acme/keys", admin)) as { key: string };
  const { secret, webhook } = (await post(key, "/v1/webhooks", { url: receiver.url })) as {
    readonly secret: string;
    readonly webhook: { readonly id: string };
  };
  // Between commit and send stands the queue: no job can be asked for meanwhile.
  const held = createPool({ connectionString: database.url, name: "test", maxConnections: 1 });
  const queue = await held.connect();
  await queue.query("BEGIN; LOCK TABLE pgboss.job IN SHARE MODE");
  const { id } = (await post(key, `/v1/webhooks/${webhook.id}/test`)) as { readonly id: string };
  await kill();
  queue.release();
  await held.end();
  expect(receiver.received).toEqual([]);

  receiver.hang();
  await start("100ms");
  await vi.waitFor(() => expect(receiver.received).toHaveLength(1), WAIT);
  await kill();
  // As if the time had passed after which its process is taken for dead.
  const state = () => queryDatabase(database.url, "SELECT state, attempts FROM metrics.webhook_deliveries");
  expect(await state()).toEqual([{ state: "pending", attempts: 1 }]);
  await queryDatabase(database.url, "UPDATE metrics.webhook_deliveries SET next_attempt_at = now()");

  receiver.respondWith(204);
  await start("100ms");
  await vi.waitFor(async () => expect(await state()).toEqual([{ state: "delivered", attempts: 2 }]), WAIT);
  expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  for (const message of receiver.received) {
    expect(verifyMessage(secret, message)).toMatchObject({ type: "webhook.test" });
  }
});
