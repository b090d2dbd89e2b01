import { expect, it } from "vitest";
import { toDeliverableEvent } from "../../event.ts";
import { jsonFormat } from "../../formats/json.ts";
import { splunkHecSchema } from "./config.ts";
import { splunkHecEncoder } from "./encoder.ts";

const settings = splunkHecSchema.parse({
  type: "splunk_hec",
  url: "https://splunk.example.com:8088",
  token: { env: "TOKEN" },
});

function timeOf(encode: ReturnType<typeof splunkHecEncoder>, timestamp: string): string | undefined {
  const record = { decision: "allow", event_type: "tool_invoke", timestamp };
  const text = encode(toDeliverableEvent(7, "an id", JSON.stringify(record)));
  expect(JSON.parse(text)).toMatchObject({ fields: { audit_id: "an id", seq: "7" }, event: record });
  return /"time":([\d.]+),/.exec(text)?.[1];
}

it("writes times with their fraction as it stands, one after the other [SIEM-2]", () => {
  const encode = splunkHecEncoder(settings, jsonFormat, "host");
  const times = [
    ["2026-11-21T18:00:00.000001Z", "1795284000.000001"],
    ["2026-11-21T18:00:00.9Z", "1795284000.9"],
    ["2026-11-21T18:00:00Z", "1795284000.0"],
    ["2026-11-21T18:00:00.5+02:00", "1795276800.5"],
    ["2026-11-21T18:00:00.5-02:00", "1795291200.5"],
    ["2026-11-21T18:00:01.5Z", "1795284001.5"],
    ["2026-11-21T18:00:00.25Z", "1795284000.25"],
  ] as const;
  for (const [timestamp, time] of times) expect(timeOf(encode, timestamp)).toBe(time);
});

it("refuses what is no time, again and again", () => {
  const encode = splunkHecEncoder(settings, jsonFormat, "host");
  for (const _again of [1, 2]) expect(() => timeOf(encode, "yesterday")).toThrow("not a time: yesterday");
});
