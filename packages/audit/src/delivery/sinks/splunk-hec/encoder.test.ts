import { TEST_PRODUCER } from "../../testing/producer.ts";
import { expect, it } from "vitest";
import { toDeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { jsonFormat } from "../../formats/json/json-format.ts";
import { splunkHecSchema } from "./config.ts";
import { splunkHecEncoder } from "./encoder.ts";

const settings = splunkHecSchema.parse({
  type: "splunk_hec",
  url: "https://splunk.example.com:8088",
  token: "${TOKEN}",
});

const NOW = Date.parse("2026-11-21T19:00:00Z");

function timeOf(encode: ReturnType<typeof splunkHecEncoder>, timestamp: string): string | undefined {
  const record = { decision: "allow", event_type: "tool_invoke", timestamp };
  const text = encode(toDeliverableEvent(7, "an id", JSON.stringify(record)), NOW);
  expect(JSON.parse(text)).toMatchObject({ fields: { audit_id: "an id", seq: "7" }, event: record });
  return /"time":([\d.]+),/.exec(text)?.[1];
}

it("writes times with their fraction as it stands, one after the other [SIEM-2]", () => {
  const encode = splunkHecEncoder(settings, { format: jsonFormat, host: "host", product: TEST_PRODUCER });
  const times = [
    ["2026-11-21T18:00:00.000001Z", "1795284000.000001"],
    ["2026-11-21T18:00:00.9Z", "1795284000.9"],
    ["2026-11-21T18:00:00Z", "1795284000.0"],
    ["2026-11-21T18:00:00.5+02:00", "1795276800.5"],
    ["2026-11-21T18:00:00.5-02:00", "1795291200.5"],
    ["2026-11-21T18:00:01.5Z", "1795284001.5"],
    ["2026-11-21T18:00:00.25Z", "1795284000.25"],
  ] as const;
  for (const [timestamp, time] of times) {
    expect(timeOf(encode, timestamp)).toBe(time);
  }
});

it("refuses what is no time, again and again", () => {
  const encode = splunkHecEncoder(settings, { format: jsonFormat, host: "host", product: TEST_PRODUCER });
  for (const _again of [1, 2]) {
    expect(() => timeOf(encode, "yesterday")).toThrow("not a time: yesterday");
  }
});

it.each([
  ["1970-01-01T00:00:00.000000Z", true],
  ["2021-05-31T18:59:59.000000Z", true],
  ["2021-06-01T19:00:00.000000Z", false],
  ["2026-11-23T18:59:59.000000Z", false],
  ["2026-11-23T19:00:01.000000Z", true],
  ["9999-12-31T23:59:59.999999Z", true],
])(
  "sends %s with the present time, marked, where no search would find it: %s [SIEM-5]",
  (timestamp, late) => {
    const encode = splunkHecEncoder(settings, { format: jsonFormat, host: "host", product: TEST_PRODUCER });
    const record = { decision: "allow", event_type: "tool_invoke", timestamp };
    const sent = JSON.parse(encode(toDeliverableEvent(7, "an id", JSON.stringify(record)), NOW)) as {
      time: number;
      fields: object;
    };
    if (late) {
      expect(sent).toMatchObject({ time: NOW / 1_000, fields: { late: "true", event_time: timestamp } });
    } else {
      expect(sent.fields).not.toHaveProperty("late");
    }
    expect(sent).toMatchObject({ event: { timestamp } });
  },
);
