import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { runCaptured } from "../../testing/run-captured.ts";
import { queryMetricsTool } from "../tool.ts";
import { createAuditSource } from "./audit-source.ts";

/** Says of each series of any question this value. */
async function startPrometheus(value: string): Promise<string> {
  const result = ["a", "b"].map((tool) => ({
    metric: { tenant: "t", server: "s", tool, outcome: "ok", user: tool, decision: "allow" },
    value: [0, value],
  }));
  const server = createServer((_request, reply) =>
    reply
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ status: "success", data: { resultType: "vector", result } })),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const COMMANDS = [
  ["cost"],
  ["latency"],
  ["tools"],
  ["errors"],
  ["top-users"],
  ["report"],
  ["report", "--format", "csv"],
];

it.each(["1e308", "1.7976931348623157e+308", "-1e300", "1e999"])(
  "says that a source has sent %s, and shows no number that it has not sent",
  async (value) => {
    const url = await startPrometheus(value);
    for (const command of COMMANDS) {
      const { code, out, err } = await runCaptured(queryMetricsTool, [...command, "--prometheus", url], {
        env: {},
      });
      expect([command, code === 0, out]).toEqual([command, false, expect.not.stringContaining("Infinity")]);
      expect(err).toContain(`Prometheus at ${url} has sent ${value}: `);
    }
  },
);

it.each(["1e289", "+Inf", "NaN"])("shows figures of %s without a number that was not sent", async (value) => {
  const url = await startPrometheus(value);
  for (const command of COMMANDS) {
    const { code, out } = await runCaptured(queryMetricsTool, [...command, "--prometheus", url], { env: {} });
    expect([command, code]).toEqual([command, 0]);
    expect(out).not.toMatch(/Infinity|NaN/);
  }
});

it("says the same of a duration that a gateway has sent", async () => {
  const counts = { permitted: 1, denied: 0, ok: 1, failed: 0 };
  const rows = [{ ...counts, durations: { calls: 1, percentiles: [{ percentile: 50, ms: 1e308 }] } }];
  const source = createAuditSource({
    url: "http://gateway",
    call: async () => ({ rows, truncated: false }),
  } as never);
  await expect(source.figures({ by: "tool", last: 1_000, percentiles: [50] })).rejects.toThrow(
    /gateway at http:\/\/gateway has sent 1e\+308/,
  );
});
