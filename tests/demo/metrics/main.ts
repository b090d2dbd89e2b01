// npm run demo:metrics: a metrics service of its own, from events to KPIs, live updates, webhooks and proof.
import { createMetricsSender } from "@sark/metrics-sender";
import { connectLive, startWebhookReceiver, verifyMessage } from "@sark/metrics-service/testing";
import { waitUntil } from "@sark/observability/waiting";
import { proveTheLog } from "../proof.ts";
import { heading, table } from "../report.ts";
import { createChecks } from "./checks.ts";
import { startDemoService, type DemoTenant } from "./service.ts";

const PEOPLE = [
  { user_id: "alice", team: "research", user_role: "engineer", score: 82 },
  { user_id: "bob", team: "research", user_role: "lead", score: 74 },
  { user_id: "carol", team: "platform", user_role: "engineer", score: 91 },
] as const;

const { seen, all } = createChecks();
const service = await startDemoService();
const receiver = await startWebhookReceiver();

/** Rows of a table: what became of the events of one sender. */
async function sendEvents(acme: DemoTenant): Promise<string[][]> {
  const refusals: string[] = [];
  const occurred_at = new Date().toISOString();
  async function send(): Promise<string> {
    const sender = createMetricsSender({
      url: service.url,
      apiKey: acme.sender,
      onRefused: ({ event, message }) => void refusals.push(`${event.id}: ${message}`),
    });
    for (const { user_id, ...score } of PEOPLE) {
      sender.score({ id: `score-${user_id}`, user_id, occurred_at, ...score });
      for (let at = 0; at < 100; at += 1) {
        sender.activity({ id: `${user_id}-${at}`, user_id, type: "document.edited", occurred_at });
      }
    }
    sender.score({ id: "score-too-high", user_id: "alice", score: 101 });
    await sender.close();
    const { accepted, duplicates, refused } = sender.stats();
    return `${accepted} accepted, ${duplicates} there before, ${refused} refused`;
  }
  const first = await send();
  const second = await send();
  return [
    [
      "304 events, one of them no score",
      seen("events", first, first === "303 accepted, 0 there before, 1 refused"),
    ],
    ["the same once more", seen("repetition", second, second === "0 accepted, 303 there before, 1 refused")],
    ["why one was refused", refusals[0] ?? ""],
  ];
}

async function showKpis(acme: DemoTenant): Promise<string[][]> {
  const active = await service.send(acme.viewer, "GET", "/v1/kpis/active-users");
  const scores = await service.send(acme.viewer, "GET", "/v1/kpis/scores?group_by=team");
  const users = JSON.stringify(active.body);
  const { groups } = scores.body as { groups: { group: string; count: number; mean: number }[] };
  return [
    ["active users", seen("active users", users, /"window":"1h","users":3\b/.test(users))],
    ...groups.map(({ group, count, mean }) => [`scores of ${group}`, `${count}, mean ${mean}`]),
  ];
}

function usersIn(kpis: unknown): number | undefined {
  return (kpis as { readonly active_users?: Readonly<Record<string, number>> } | undefined)?.active_users?.[
    "1h"
  ];
}

/** From the moment at which an event is sent to the update that has it. */
async function showLiveUpdate(acme: DemoTenant): Promise<string[][]> {
  const client = await connectLive(service.url, { headers: { "x-api-key": acme.viewer } });
  client.send({ type: "subscribe", kpis: ["active_users", "activity"] });
  await client.message(({ type }) => type === "subscribed");
  const startedAt = performance.now();
  await service.send(acme.sender, "POST", "/v1/activity", { id: "live", user_id: "dave", type: "login" });
  // Events of a moment ago may come with it: the fourth user tells.
  const update = await client.message(({ type, kpis }) => type === "update" && usersIn(kpis) === 4);
  const took = Math.round(performance.now() - startedAt);
  await client.close();
  return [
    ["an event, seen by a subscriber", seen("live update", `after ${took} ms`, took < 5_000)],
    ["the update", JSON.stringify(update)],
  ];
}

async function showWebhook(acme: DemoTenant, globex: DemoTenant): Promise<string[][]> {
  const rows: string[][] = [];
  const hook = { url: receiver.url, events: ["erasure.completed", "quota.exceeded"] };
  async function expectMessage(owner: DemoTenant, type: string, secret: string): Promise<void> {
    const at = rows.length;
    await waitUntil(async () => receiver.received.length > at, { everyMs: 20 });
    const message = receiver.received[at] ?? { headers: {}, body: "" };
    const { type: told } = verifyMessage(secret, message) as { readonly type: string };
    rows.push([`${owner.id} is told`, seen(`webhook ${type}`, `verified: ${message.body}`, told === type)]);
  }
  const made = await service.send(acme.admin, "POST", "/v1/webhooks", hook);
  const { secret } = made.body as { readonly secret: string };
  await service.send(acme.admin, "POST", "/v1/users/bob/erasure", { reason: "asked for by the person" });
  await expectMessage(acme, "erasure.completed", secret);
  const other = await service.send(globex.admin, "POST", "/v1/webhooks", hook);
  await service.send(service.platformKey, "PATCH", "/v1/platform/tenants/globex", { events_per_day: 1 });
  const items = ["a", "b"].map((id) => ({ kind: "activity", id, user_id: "mallory", type: "login" }));
  await service.send(globex.sender, "POST", "/v1/batches", { items });
  await expectMessage(globex, "quota.exceeded", (other.body as { readonly secret: string }).secret);
  return rows;
}

async function showRefusals(acme: DemoTenant, globex: DemoTenant): Promise<string[][]> {
  const { body } = await service.send(acme.admin, "GET", "/v1/webhooks");
  const [webhook] = (body as { readonly webhooks: readonly { readonly id: string }[] }).webhooks;
  await service.send(acme.admin, "PUT", "/v1/users/alice", { name: "Alice" });
  const tries = [
    ["globex asks for a user of acme", globex.admin, "/v1/users/alice", 404],
    ["globex asks for a webhook of acme", globex.admin, `/v1/webhooks/${webhook?.id}`, 404],
    ["a sender asks for KPIs", acme.sender, "/v1/kpis/active-users", 403],
    ["no one that is known asks", "not-a-key", "/v1/kpis/active-users", 401],
  ] as const;
  const rows: string[][] = [];
  for (const [what, key, path, expected] of tries) {
    const { status } = await service.send(key, "GET", path);
    rows.push([what, seen(what, `HTTP ${status}`, status === expected)]);
  }
  const own = await service.send(globex.viewer, "GET", "/v1/kpis/top-users");
  const text = JSON.stringify(own.body);
  rows.push(["globex asks for its own top users", seen("own KPIs", text, !text.includes("alice"))]);
  return rows;
}

async function showProof(): Promise<string[][]> {
  const rows = await proveTheLog(service.databaseUrl, service.verifierKeyFile);
  return rows.map(([what = "", text = ""]) => [what, seen(what, text, /^(?:OK: |found at )/.test(text))]);
}

try {
  console.log(`A metrics service runs at ${service.url}, with the tenants acme and globex.`);
  const acme = await service.tenant("acme");
  const globex = await service.tenant("globex");
  heading("Events of acme, by @sark/metrics-sender");
  table(await sendEvents(acme));
  heading("KPIs");
  table(await showKpis(acme));
  heading("Live, over a WebSocket");
  table(await showLiveUpdate(acme));
  heading("Webhooks, verified by Standard Webhooks");
  table(await showWebhook(acme, globex));
  heading("What is refused");
  table(await showRefusals(acme, globex));
  heading("The audit trail: who changed what, and who was refused");
  table(await showProof());
  const missing = all.filter(({ isSeen }) => !isSeen).map(({ what }) => what);
  console.log(
    missing.length === 0 ? `\nAll ${all.length} were seen.` : `\nNot as expected: ${missing.join(", ")}`,
  );
  process.exitCode = missing.length === 0 ? 0 : 1;
} finally {
  await receiver.close();
  await service.close();
}
