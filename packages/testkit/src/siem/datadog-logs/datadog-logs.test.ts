import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireServer } from "../../required-server.ts";
import { curl } from "../testing/curl.ts";
import { startDatadogLogs, type DatadogLogs } from "./start-datadog-logs.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const HOUR = 3_600_000;

let datadog: DatadogLogs;
beforeEach(async () => {
  datadog = await startDatadogLogs({ apiKey: "key", now: () => NOW });
});
afterEach(() => datadog.close());

function post(body: unknown, headers: Record<string, string> = {}) {
  return curl(`${datadog.url}/api/v2/logs`, {
    body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    headers: { "dd-api-key": "key", "content-type": "application/json", ...headers },
  });
}

describe.skipIf(requireServer("curl") === null)("startDatadogLogs, seen by curl", () => {
  it("accepts an array with 202, gzip too, and keeps attributes and tags apart [SIEM-3]", async () => {
    const log = {
      ddsource: "sark",
      ddtags: "service:x,decision:deny",
      hostname: "h",
      service: "x",
      timestamp: NOW,
    };
    const response = await post(
      gzipSync(JSON.stringify([{ ...log, message: "m", tool: "t" }, { message: "n" }])),
      {
        "content-encoding": "gzip",
      },
    );
    expect(response).toMatchObject({ status: 202, json: {} });
    expect(datadog.logs()).toMatchObject([
      { ddsource: "sark", ddtags: ["service:x", "decision:deny"], message: "m", attributes: { tool: "t" } },
      { message: "n", timestamp: NOW },
    ]);
    expect(datadog.requests()).toMatchObject([{ operation: "events", status: 202, taken: true }]);
  });

  it.each<[string, unknown, Record<string, string>, number]>([
    ["no key", [{}], { "dd-api-key": "" }, 401],
    ["a foreign key", [{}], { "dd-api-key": "other" }, 403],
    ["another content type", [{}], { "content-type": "text/plain" }, 400],
    ["no JSON", "what", {}, 400],
    ["an array of texts", ["a"], {}, 400],
    ["an empty array", [], {}, 400],
    ["more than 1000 entries", Array.from({ length: 1_001 }, () => ({})), {}, 413],
    ["more than 5 MB", [{ message: "x".repeat(5_000_000) }], {}, 413],
  ])("refuses %s", async (_what, body, headers, status) => {
    expect(await post(body, headers)).toMatchObject({
      status,
      json: { errors: [{ status: String(status) }] },
    });
    expect([...datadog.logs(), ...datadog.dropped()]).toEqual([]);
  });

  it("cuts entries above 1 MB and drops those out of the time window, all with 202", async () => {
    const response = await post([
      { message: "x".repeat(1_100_000), kept: "no" },
      { message: "old", timestamp: NOW - 18 * HOUR - 1 },
      { message: "oldest", timestamp: NOW - 18 * HOUR },
      { message: "newest", timestamp: NOW + 2 * HOUR },
      { message: "new", timestamp: NOW + 2 * HOUR + 1 },
    ]);
    expect(response.status).toBe(202);
    expect(datadog.logs()).toMatchObject([
      { cut: true, attributes: {} },
      { message: "oldest" },
      { message: "newest" },
    ]);
    expect(datadog.logs()[0]?.message).toHaveLength(1_000_000);
    expect(datadog.dropped().map(({ message }) => message)).toEqual(["old", "new"]);
  });

  it("refuses the whole request for one poisoned entry, and responds with any status", async () => {
    datadog.poison("bad");
    expect(await post([{ message: "good" }, { message: "bad" }])).toMatchObject({ status: 400 });
    datadog.poison(null);
    datadog.faults.add({ kind: "code", code: 429 }, { kind: "code", code: 503, taken: true });
    expect(await post([{ message: "lost" }])).toMatchObject({ status: 429 });
    expect(await post([{ message: "kept" }])).toMatchObject({ status: 503 });
    expect(datadog.logs().map(({ message }) => message)).toEqual(["kept"]);
  });
});
