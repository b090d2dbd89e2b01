import { startService } from "@sark/metrics-service/testing";
import { queryDatabase, startCloudWatchLogs, startSplunkHec } from "@sark/testkit";
import { afterEach, expect, inject, it, vi } from "vitest";
import { QUICK, SECRETS } from "../support/destinations.ts";

const AWS = { accessKeyId: SECRETS.AWS_ID, secretAccessKey: SECRETS.AWS_SECRET, region: "eu-central-1" };
const WAIT = { timeout: 60_000, interval: 50 };
const WRONG_KEY = "sark_planted_wrong_key";

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

/** A failed login, attempts at what belongs to others, and changes of keys: what auditors want to see. */
async function cause(service: Awaited<ReturnType<typeof startService>>): Promise<void> {
  const acme = await service.tenant("acme");
  const globex = await service.tenant("globex");
  expect(await service.send(WRONG_KEY, "GET", "/v1/tenant")).toMatchObject({ status: 401 });
  expect(await service.send(acme.admin, "GET", "/v1/platform/tenants")).toMatchObject({ status: 403 });
  expect(await service.send(globex.sender, "GET", "/v1/kpis/active-users")).toMatchObject({ status: 403 });
  const { body } = await service.send(acme.admin, "GET", "/v1/api-keys");
  const [{ id } = { id: "" }] = (body as { readonly api_keys: readonly { readonly id: string }[] }).api_keys;
  expect(await service.send(acme.admin, "DELETE", `/v1/api-keys/${id}`)).toMatchObject({ status: 204 });
}

it("ships all its log lines to CloudWatch and each security event to the SIEM, the last ones when it ends [SVC-4] [LOG-3]", async () => {
  const cloudWatch = await startCloudWatchLogs({ credentials: AWS });
  cleanup.push(() => cloudWatch.close());
  const splunk = await startSplunkHec({ token: SECRETS.SPLUNK_TOKEN });
  cleanup.push(() => splunk.close());
  const service = await startService(inject("postgresUrl"), SECRETS, undefined, {
    logging: {
      files: { maxFileSize: "64KiB" },
      cloudwatch: {
        region: AWS.region,
        endpoint: cloudWatch.url,
        groupPrefix: "/sark-metrics/",
        stream: "metrics-1",
        credentials: { accessKeyId: "${AWS_ID}", secretAccessKey: "${AWS_SECRET}" },
        maxBatchWait: "50ms",
      },
    },
    destinations: [
      { name: "soc", sink: { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" }, ...QUICK },
    ],
  });
  let isClosed = false;
  cleanup.push(() => (isClosed ? undefined : service.close()));
  const shipped = (log: string) =>
    cloudWatch.events(`/sark-metrics/${log}`, "metrics-1").map(({ message }) => message);
  await cause(service);

  await vi.waitFor(
    () => expect(shipped("security-audit").join("\n")).toContain("authentication failed"),
    WAIT,
  );
  const recorded = await queryDatabase<{ seq: number; event_type: string }>(
    service.databaseUrl,
    "SELECT seq::float8 AS seq, event_type FROM gateway_audit_events ORDER BY seq",
  );
  expect(new Set(recorded.map(({ event_type }) => event_type))).toEqual(
    new Set(["tenant_change", "api_key_change", "authentication_failed", "access_denied"]),
  );
  await vi.waitFor(() => {
    // Checkpoints of the log come beside them, and have no number.
    const seqs = splunk.indexed().flatMap(({ fields: { seq } }) => (seq === undefined ? [] : [Number(seq)]));
    expect([...new Set(seqs)].toSorted((one, other) => one - other)).toEqual(recorded.map(({ seq }) => seq));
  }, WAIT);

  await service.close();
  isClosed = true;
  const there = new Set([...shipped("application"), ...shipped("security-audit")]);
  const lines = service.lines.map((line) => line.trimEnd());
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !there.has(line))).toEqual([]);
  for (const secret of [WRONG_KEY, service.platformKey, ...Object.values(SECRETS)]) {
    expect([...there].join("\n")).not.toContain(secret);
  }
});
