import { queryDatabase, startMcpServer } from "@sark/testkit";
import { createAuditDatabase } from "@sark/audit/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { startGatewayWithTokens } from "../support/gateway-with-tokens.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

const upstream = await startMcpServer();
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let other: GatewayUnderTest;

const config = {
  quotas: {
    prices: [{ server: "tools", perCall: "0.1" }],
    budgets: [{ for: "user", daily: "100000", monthly: "1000000" }],
  },
  // The grace, and with it the life of a lease, is short: what a killed process held is released within the test.
  audit: { maintenanceInterval: "200ms", orphanAfter: "4s" },
};
const upstreams = [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }];

beforeAll(async () => {
  database = await createAuditDatabase();
  other = await startGatewayUnderTest({
    upstreams,
    config: { ...config, database: { url: database.url } },
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
});
afterAll(async () => {
  await other.close();
  await database.drop();
  await upstream.close();
});

it("a gateway that is killed while calls draw from its leases leaves totals that follow from the log [GTW-4]", async () => {
  const killed = await startGatewayWithTokens({
    ...config,
    database: { url: database.url },
    upstreams,
    http: { port: 0 },
  });
  const headers = await killed.as("kim");
  const over = new AbortController();
  const callers = Array.from({ length: 16 }, async (_, at) => {
    while (!over.signal.aborted) {
      const slow = at < 2;
      const args = slow ? { ms: 60_000, steps: 1 } : { text: "x" };
      await send(killed.url, toolCall("tools", slow ? "slow" : "echo", args, headers)).catch(() => undefined);
    }
  });
  // An intent that names its payers is of a call that was drawn.
  const drawn = "user_id = 'kim' AND phase = 'intent' AND metadata->'spending' ? 'payers'";
  await vi.waitFor(async () => expect((await auditRows(database.url, drawn)).length).toBeGreaterThan(50), {
    timeout: 60_000,
    interval: 10,
  });
  await killed.close();
  over.abort();
  await Promise.all(callers);
  await vi.waitFor(
    async () => {
      const [row] = await queryDatabase(
        database.url,
        `SELECT (SELECT count(*) FROM spending_charges WHERE state = 'open')::int AS open,
                (SELECT 100000000 * count(*) FROM gateway_audit_events
                 WHERE user_id = 'kim' AND phase = 'intent' AND metadata ? 'spending')::text AS begun,
                (SELECT spent FROM spending_totals WHERE payer = 'user * =kim' AND period = 'month')::text AS spent,
                (SELECT reserved FROM spending_totals WHERE payer = 'user * =kim' AND period = 'month')::text AS reserved`,
      );
      const { begun } = row as { begun: string };
      expect(row).toEqual({ open: 0, begun, spent: begun, reserved: "0" });
    },
    { timeout: 60_000 },
  );
});
