import { connectLive, startService } from "@sark/metrics-service/testing";
import { inject } from "vitest";

/** A metrics service whose tenants send, read, and hold live connections. */
export interface Tenants {
  readonly url: string;
  readonly platformKey: string;
  /** Events of each tenant, and what its people look at. */
  round(): Promise<void>;
  close(): Promise<void>;
}

const NAMES = ["acme", "globex"];

export async function startTenants(): Promise<Tenants> {
  const service = await startService(inject("postgresUrl"), { METRICS_KPIS_REFRESH_INTERVAL: "1s" });
  const tenants = await Promise.all(
    NAMES.map(async (name) => {
      const keys = await service.tenant(name);
      const viewer = { headers: { authorization: `Bearer ${keys.viewer}` } };
      return { keys, live: await connectLive(service.url, viewer) };
    }),
  );
  let count = 0;
  return {
    url: service.url,
    platformKey: service.platformKey,
    async round() {
      for (const { keys } of tenants) {
        count += 1;
        const user = `user-${count % 7}`;
        const activity = { id: `a-${count}`, user_id: user, type: "login" };
        await service.send(keys.sender, "POST", "/v1/activity", activity);
        const score = { id: `s-${count}`, user_id: user, score: count % 100, user_role: "engineer" };
        await service.send(keys.sender, "POST", "/v1/scores", score);
        await service.send(keys.viewer, "GET", "/v1/tenant");
      }
    },
    async close() {
      for (const { live } of tenants) {
        await live.close();
      }
      await service.close();
    },
  };
}
