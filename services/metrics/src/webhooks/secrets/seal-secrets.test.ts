import { queryDatabase } from "@sark/testkit";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { createMetricsDatabase } from "../../testing/database.ts";
import { testPublish } from "../testing/parts.ts";
import { claimDelivery } from "../delivering/claim.ts";
import { createDeliveries } from "../deliveries.ts";
import { shownSecret } from "../signing.ts";
import { createWebhooks, type Webhooks } from "../webhooks.ts";
import { checkKeys, MissingKeyError } from "./missing-keys.ts";
import { sealSecrets } from "./seal-secrets.ts";
import { createSecretSeal, type SecretSeal } from "./secret-seal.ts";

const key = (of: string) => Buffer.alloc(32, of);
const WEBHOOK = {
  url: "https://example.com/",
  description: null,
  events: [],
  thresholds: [],
  createdBy: "test",
};
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeEach(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'Acme')"),
  );
});
afterEach(() => opened.drop());

const webhooksOf = (seal: SecretSeal): Webhooks =>
  createWebhooks(opened.database, { maxPerTenant: 2_000, seal });
async function made(seal: SecretSeal): Promise<{ readonly id: string; readonly secret: string }> {
  const one = await webhooksOf(seal).create("acme", WEBHOOK);
  return { id: one?.webhook.id ?? "", secret: one?.secret ?? "" };
}
const stored = () =>
  queryDatabase<{
    secret: Buffer | null;
    sealed_secret: string;
    previous_secret: Buffer | null;
    sealed_previous: string;
  }>(
    opened.url,
    "SELECT secret, sealed_secret, previous_secret, sealed_previous FROM metrics.webhooks ORDER BY webhook_id",
  );
/** What messages of the webhook are signed with, as their receiver has it; `null` where this process leaves them to others. */
async function secrets(id: string, seal: SecretSeal): Promise<string[] | null> {
  const { database } = opened;
  await createDeliveries(database, { publish: testPublish, due: { add: () => undefined } }).test("acme", id);
  const claimed = await database.asPlatform("webhooks", (tx) =>
    claimDelivery(tx, "acme", id, { leaseMs: 60_000, seal }),
  );
  return claimed === null ? null : claimed.secrets.map(shownSecret);
}

it("the database has no secret that can be read without the key, and none that is good for another webhook [SVC-1]", async () => {
  const seal = createSecretSeal([key("a")]);
  const one = await made(seal);
  const [row] = await stored();
  expect(row?.secret).toBeNull();
  const bytes = Buffer.from(one.secret.slice("whsec_".length), "base64");
  const all = JSON.stringify(
    await queryDatabase(opened.url, "SELECT w::text AS row FROM metrics.webhooks w"),
  );
  for (const form of [bytes.toString("base64"), bytes.toString("hex"), bytes.toString("base64url")]) {
    expect(all).not.toContain(form);
  }
  expect(await secrets(one.id, seal)).toEqual([one.secret]);
  // Copied to another webhook, by hand in the database, it is of no use.
  const other = await made(seal);
  await queryDatabase(
    opened.url,
    `UPDATE metrics.webhooks SET sealed_secret = '${row?.sealed_secret}' WHERE webhook_id = '${other.id}'`,
  );
  expect(await secrets(other.id, seal)).toEqual([]);
});

it("secrets of an earlier version are sealed at the start, those under replacement too, and sign as before", async () => {
  const seal = createSecretSeal([key("a")]);
  const { id } = await made(seal);
  const [old, previous] = [Buffer.alloc(32, "o"), Buffer.alloc(32, "p")];
  await queryDatabase(
    opened.url,
    `UPDATE metrics.webhooks SET sealed_secret = NULL, secret = '\\x${old.toString("hex")}',
       previous_secret = '\\x${previous.toString("hex")}', previous_until = now() + interval '1 hour'`,
  );
  const before = await secrets(id, seal);
  expect(before).toEqual([shownSecret(old), shownSecret(previous)]);
  await queryDatabase(opened.url, "DELETE FROM metrics.webhook_events");
  expect(await sealSecrets(opened.database, seal)).toBe(1);
  expect(await stored()).toMatchObject([{ secret: null, previous_secret: null }]);
  expect(await secrets(id, seal)).toEqual(before);
  expect(await sealSecrets(opened.database, seal)).toBe(0);
});

it("a new key takes over what the former one has sealed, however much it is, and then the former one is not needed", async () => {
  const former = createSecretSeal([key("a")]);
  const { id, secret } = await made(former);
  const rotated = await webhooksOf(former).rotate("acme", id, 3_600);
  await queryDatabase(
    opened.url,
    `INSERT INTO metrics.webhooks (tenant_id, webhook_id, url, events, sealed_secret, created_by)
     SELECT tenant_id, gen_random_uuid(), url, events, sealed_secret, created_by FROM metrics.webhooks, generate_series(1, 1100)`,
  );
  const next = createSecretSeal([key("b"), key("a")]);
  await checkKeys(opened.database, next);
  // The others are copies, and so are sealed for a webhook that they are not.
  expect(await sealSecrets(opened.database, next)).toBe(1);
  const alone = createSecretSeal([key("b")]);
  expect(await secrets(id, alone)).toEqual([rotated?.secret, secret]);
  expect(await secrets(id, former)).toBeNull();
});

it("a process without the key does not start on it, and says which; it leaves deliveries to those that have it", async () => {
  const seal = createSecretSeal([key("a")]);
  const { id, secret } = await made(seal);
  const other = createSecretSeal([key("b")]);
  const refused = await checkKeys(opened.database, other).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(MissingKeyError);
  expect(refused).toMatchObject({ keyNames: [seal.keyName] });
  expect(await secrets(id, other)).toBeNull();
  expect(await sealSecrets(opened.database, other)).toBe(0);
  expect(await secrets(id, seal)).toEqual([secret]);
});

it("of processes that seal their first secret at once, each with a key of its own, one does; the others say whose key it is", async () => {
  const seals = ["a", "b", "c", "d"].map((name) => createSecretSeal([key(name)]));
  const results = await Promise.allSettled(seals.map(made));
  const [sealed, ...more] = results.flatMap((one, at) => (one.status === "fulfilled" ? [seals[at]] : []));
  expect(more).toEqual([]);
  const refusals = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refusals).toHaveLength(3);
  for (const refused of refusals) {
    expect(refused).toBeInstanceOf(MissingKeyError);
    expect(refused).toMatchObject({ keyNames: [sealed?.keyName] });
  }
  const [webhook] = await webhooksOf(createSecretSeal([key("z")])).list("acme", null, 2);
  const others = seals.filter((seal) => seal !== sealed).map(webhooksOf);
  for (const webhooks of others) {
    await expect(webhooks.rotate("acme", webhook?.id ?? "", 0)).rejects.toThrow(MissingKeyError);
  }
});

it("an operator who has lost a key gives its webhooks another secret, and disables them until they are rotated", async () => {
  const { id } = await made(createSecretSeal([key("a")]));
  const seal = createSecretSeal([key("b")]);
  const kept = await made(createSecretSeal([key("b"), key("a")]));
  const lost = createSecretSeal([key("a")]).keyName;
  const forget = `SELECT metrics.forget_webhook_key('${lost}')::int AS webhooks`;
  expect(await queryDatabase(opened.url, forget)).toEqual([{ webhooks: 1 }]);
  await checkKeys(opened.database, seal);
  expect(await webhooksOf(seal).find("acme", id)).toMatchObject({ disabledReason: "requested" });
  expect(await webhooksOf(seal).find("acme", kept.id)).toMatchObject({ disabledAt: null });
  const rotated = await webhooksOf(seal).rotate("acme", id, 0);
  await webhooksOf(seal).change("acme", id, { enabled: true });
  expect(await secrets(id, seal)).toEqual([rotated?.secret]);
  // As the service itself, nothing of this can be done.
  await expect(opened.database.withoutTenant("health", (tx) => tx.query(forget))).rejects.toThrow(
    "permission denied",
  );
});
