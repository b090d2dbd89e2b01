import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, inject, it, onTestFinished, vi } from "vitest";
import { startService } from "../testing/service.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createWebhooks } from "../webhooks/webhooks.ts";
import { openWebhookSeal } from "./webhook-seal.ts";

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
let folder = "";
let told: unknown[] = [];
beforeEach(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'Acme')"),
  );
  folder = mkdtempSync(join(tmpdir(), "sark-webhook-key-"));
  told = [];
});
afterEach(async () => {
  await opened.drop();
  rmSync(folder, { recursive: true });
});

function open(secretKey?: string, furtherSecretKeys: readonly string[] = [], dataDirectory = folder) {
  return openWebhookSeal(
    { secretKey, furtherSecretKeys: [...furtherSecretKeys] },
    {
      database: opened.database,
      dataDirectory,
      environment: { ONE: "1".repeat(32), TWO: "2".repeat(32), SHORT: "short" },
      isEmbedded: false,
      lifecycle: {
        webhookKeyIsOfThisReplica: () => void told.push("own key"),
        webhookSecretsSealed: (count) => void told.push(count),
      },
    },
  );
}

async function makeWebhook(seal: Awaited<ReturnType<typeof open>>): Promise<void> {
  await createWebhooks(opened.database, { maxPerTenant: 5, seal }).create("acme", {
    url: "https://example.com/",
    description: null,
    events: [],
    thresholds: [],
    createdBy: "test",
  });
}

it("a key of the data directory is made once, and another directory's is refused by name once there are secrets [SVC-1]", async () => {
  const seal = await open();
  const other = join(folder, "other");
  expect((await open(undefined, [], mkdtempSync(`${other}-`))).keyName).not.toBe(seal.keyName);
  await makeWebhook(seal);
  expect((await open()).keyName).toBe(seal.keyName);
  await expect(open(undefined, [], mkdtempSync(`${other}-`))).rejects.toThrow(
    new RegExp(`sealed with the key named ${seal.keyName}; the key in webhooks.key of the data directory is`),
  );
  expect(told).toEqual(["own key", "own key", "own key", "own key"]);
});

it("a configured key is rotated by naming the former one, from the environment or a file", async () => {
  await makeWebhook(await open("${ONE}"));
  const file = join(folder, "next");
  writeFileSync(file, "2".repeat(32));
  await expect(open("${TWO}")).rejects.toThrow(/webhooks\.secretKey: .*furtherSecretKeys/);
  await open(`\${file:${file}}`, ["${ONE}"]);
  expect(told).toEqual([1]);
  expect((await open("${TWO}")).keyNames).toHaveLength(1);
});

it("says which setting has no key that is good", async () => {
  await expect(open("${SHORT}")).rejects.toThrow("webhooks.secretKey: must have at least 32 characters");
  await expect(open("${ONE}", ["${ABSENT}"])).rejects.toThrow(
    "webhooks.furtherSecretKeys.0: the environment variable ABSENT is not set",
  );
});

it("of two replicas without a key in common one seals; the other makes no webhook, says so in its health, and does not start again [SVC-1]", async () => {
  const ownKey = { METRICS_WEBHOOKS_SECRET_KEY: undefined };
  const first = await startService(inject("postgresUrl"), ownKey);
  onTestFinished(() => first.close());
  const { admin } = await first.tenant("acme");
  const shared = { url: first.databaseUrl, platformKey: first.platformKey };
  const second = await startService(inject("postgresUrl"), ownKey, shared);
  onTestFinished(() => second.close());
  const webhook = { url: "https://hooks.example.com/" };
  const keysOf = async (service: typeof first) => {
    const { body } = await service.send(service.platformKey, "GET", "/health/detailed");
    const { components } = body as { components: { name: string; status: string; error?: string }[] };
    return components.find(({ name }) => name === "webhook-keys");
  };
  const made = await first.send(admin, "POST", "/v1/webhooks", webhook);
  expect(made.status).toBe(201);
  const { id } = (made.body as { webhook: { id: string } }).webhook;
  for (const [path, body] of [
    ["/v1/webhooks", webhook],
    [`/v1/webhooks/${id}/rotate`, {}],
  ] as const) {
    const refused = await second.send(admin, "POST", path, body);
    expect(refused).toMatchObject({ status: 503, body: { code: "webhook_key_missing" } });
  }
  await vi.waitFor(async () => expect(await keysOf(second)).toMatchObject({ status: "down" }), {
    timeout: 60_000,
    interval: 200,
  });
  expect(await keysOf(first)).toMatchObject({ status: "ok" });
  expect(second.lines.join("")).toMatch(/give every replica the same webhooks\.secretKey/);
  // It serves all else.
  expect((await second.send(admin, "GET", "/v1/webhooks")).status).toBe(200);
  await expect(startService(inject("postgresUrl"), ownKey, shared)).rejects.toThrow(
    /sealed with the key named .* Give every replica the same webhooks\.secretKey/,
  );
});
