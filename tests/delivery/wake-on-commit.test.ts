import { afterEach, expect, it, vi } from "vitest";
import { startSplunkHec } from "@sark/testkit";
import { QUICK, SECRETS } from "../support/destinations.ts";
import { startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send } from "../support/requests.ts";

/** Its deliveries look at the log only when they are told to. */
const NEVER = { pollMs: 3_600_000, electionMs: 3_600_000 };

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
  const gateway = await startGatewayUnderTest({
    upstreams: [],
    config: { destinations: [{ ...QUICK, name: "splunk", sink }] },
    environment: SECRETS,
    deliveryPace: NEVER,
  });
  cleanup.push(gateway.close);
  // It leads from its first look on, which is the last one for an hour, unless it is woken.
  const headers = { "x-api-key": gateway.apiKey };
  await vi.waitFor(async () => {
    const { text } = await send(gateway.url, { method: "GET", path: "/metrics", headers });
    expect(text).toContain('sark_siem_leading{platform="splunk_hec",destination="splunk"} 1');
  });
  for (const round of [1, 2, 3]) {
    const body = {
      event_type: "discovery",
      decision: "allow",
      reason: `round ${round}`,
      timestamp: Date.now() / 1_000,
      gateway_request_id: "r",
    };
    await send(gateway.url, { path: "/api/v1/gateway/audit", headers, body });
    const seqs = (await auditRows(gateway.databaseUrl)).map(({ seq }) => Number(seq));
    expect(seqs).toHaveLength(round);
    await vi.waitFor(() => expect(splunk.indexed().map(({ fields }) => Number(fields["seq"]))).toEqual(seqs));
  }
});
