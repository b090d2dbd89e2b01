import { join } from "node:path";
import { startService } from "@sark/metrics-service/testing";

type Service = Awaited<ReturnType<typeof startService>>;

/** What the service says of two tenants, for comparison. */
export interface SeenByTenants {
  readonly kpis: readonly unknown[];
  readonly users: unknown;
  readonly webhooks: unknown;
  readonly ofOthers: unknown;
}

/** A day of long ago: KPIs of it stay as they are. */
const DAY = "2026-11-20";
const SPAN = `from=${DAY}T00:00:00Z&to=2026-11-21T00:00:00Z`;
const KPIS = [
  `/v1/kpis/activity?interval=hour&${SPAN}`,
  `/v1/kpis/activity?interval=day&${SPAN}`,
  `/v1/kpis/scores?group_by=team&${SPAN}`,
  `/v1/kpis/top-users?${SPAN}`,
];

/** A metrics service on data that it may find or leave behind. */
export async function startMetricsOn(
  place: { readonly databaseUrl: string; readonly dataDirectory: string },
  platformKey: string,
  undo: (step: () => unknown) => void,
): Promise<Service> {
  const service = await startService(
    "",
    { METRICS_DATA_DIRECTORY: place.dataDirectory },
    { url: place.databaseUrl, platformKey },
    {
      audit: { logOrigin: "upgrade.example/metrics", logKeyFile: join(place.dataDirectory, "audit-log.pem") },
    },
  );
  undo(() => service.close());
  return service;
}

/** Users, events with one that is sent twice, and a webhook of one tenant, something of another; gives the keys. */
export async function useMetrics(service: Service): Promise<Readonly<Record<string, string>>> {
  const must = async (...request: Parameters<Service["send"]>): Promise<void> => {
    const { status, body } = await service.send(...request);
    if (status >= 300) {
      throw new Error(`${request[1]} ${request[2]}: ${status} ${JSON.stringify(body)}`);
    }
  };
  const [acme, globex] = [await service.tenant("acme"), await service.tenant("globex")];
  for (const tenant of ["acme", "globex"]) {
    await must(service.platformKey, "PATCH", `/v1/platform/tenants/${tenant}`, { retention_days: 36_500 });
  }
  await must(acme.admin, "PUT", "/v1/users/alice", { name: "Alice", team: "research", role: "engineer" });
  await must(acme.admin, "PUT", "/v1/users/bob", { name: "Bob", team: "sales" });
  await sendEvents(service, acme.sender, ["alice", "bob", "alice"]);
  await sendEvents(service, globex.sender, ["carol"]);
  await must(acme.admin, "POST", "/v1/webhooks", {
    url: "https://hooks.example.com/sark",
    description: "on-call",
    events: ["score_anomaly.found"],
  });
  return {
    admin: acme.admin,
    sender: acme.sender,
    viewer: acme.viewer,
    other: globex.admin,
  };
}

/** An event and a score of each, an hour after the other, all of them sent twice. */
export async function sendEvents(service: Service, key: string, users: readonly string[]): Promise<unknown> {
  const items = users.flatMap((user, at) => {
    const occurredAt = `${DAY}T${String(8 + at).padStart(2, "0")}:30:00Z`;
    const common = { user_id: user, occurred_at: occurredAt };
    return [
      { kind: "activity", id: `a-${at}`, type: "login", ...common },
      { kind: "score", id: `s-${at}`, score: 50 + at, team: "research", ...common },
    ];
  });
  await service.send(key, "POST", "/v1/batches", { items });
  return (await service.send(key, "POST", "/v1/batches", { items })).body;
}

export async function seenByTenants(
  service: Service,
  keys: Readonly<Record<string, string>>,
): Promise<SeenByTenants> {
  const get = async (key: string | undefined, path: string): Promise<unknown> => {
    const { status, body } = await service.send(key ?? "", "GET", path);
    return { status, body };
  };
  return {
    kpis: await Promise.all(KPIS.map((path) => get(keys["viewer"], path))),
    users: await get(keys["admin"], "/v1/users"),
    webhooks: await get(keys["admin"], "/v1/webhooks"),
    ofOthers: await get(keys["other"], `/v1/kpis/top-users?${SPAN}`),
  };
}
