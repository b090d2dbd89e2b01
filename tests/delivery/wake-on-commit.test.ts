import { afterAll, afterEach, expect, it, vi } from "vitest";
import type * as Audit from "@sark/audit/delivery";
import { startSplunkHec } from "@sark/testkit";
import { QUICK, SECRETS } from "../support/destinations.ts";
import type * as UnderTest from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send } from "../support/requests.ts";

const HOUR = 3_600_000;
const deliveries: Audit.Delivery[] = [];

/** The gateway as it is, but for this: its deliveries look at the log only when they are told to. */
async function importGateway(): Promise<typeof UnderTest> {
  vi.resetModules();
  vi.doMock("@sark/audit/delivery", async (original) => {
    const audit = await original<typeof Audit>();
    return {
      ...audit,
      startDelivery(options: Audit.DeliveryOptions) {
        const delivery = audit.startDelivery({ ...options, pollMs: HOUR, electionMs: HOUR });
        deliveries.push(delivery);
        return delivery;
      },
    };
  });
  return import("../support/gateway-under-test.ts");
}
afterAll(() => {
  vi.doUnmock("@sark/audit");
  vi.resetModules();
});

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

it("has each commit delivered without waiting for the next look at the log [AUD-5] [SIEM-1]", async () => {
  const splunk = await startSplunkHec({ token: SECRETS.SPLUNK_TOKEN });
  cleanup.push(splunk.close);
  const sink = { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" };
  const { startGatewayUnderTest } = await importGateway();
  const gateway = await startGatewayUnderTest({
    upstreams: [],
    config: { destinations: [{ ...QUICK, name: "splunk", sink }] },
    environment: SECRETS,
  });
  cleanup.push(gateway.close);
  // It leads from its first look on, which is the last one for an hour, unless it is woken.
  await vi.waitFor(() => expect(deliveries[0]?.snapshots()[0]?.leading).not.toBeNull());
  for (const round of [1, 2, 3]) {
    const body = {
      event_type: "discovery",
      decision: "allow",
      reason: `round ${round}`,
      timestamp: Date.now() / 1_000,
      gateway_request_id: "r",
    };
    const headers = { "x-api-key": gateway.apiKey };
    await send(gateway.url, { path: "/api/v1/gateway/audit", headers, body });
    const seqs = (await auditRows(gateway.databaseUrl)).map(({ seq }) => Number(seq));
    expect(seqs).toHaveLength(round);
    await vi.waitFor(() => expect(splunk.indexed().map(({ fields }) => Number(fields["seq"]))).toEqual(seqs));
  }
});
