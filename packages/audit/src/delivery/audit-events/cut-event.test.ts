import { TEST_PRODUCER } from "../testing/producer.ts";
import { expect, it } from "vitest";
import type { AuditEvent } from "../../events/audit-event.ts";
import { createFormat } from "../formats/create-format.ts";
import { makeEvent } from "../testing/events.ts";
import { cutEvent } from "./cut-event.ts";
import { encodeEntries } from "../packing/encode-entries.ts";

const policy = (count: number) => ({
  engine: "cedar",
  ids: Array.from({ length: count }, (_, at) => `policy-${at}-of-a-department-that-has-many`),
  revision: "r1",
});

const LONG: [string, Partial<AuditEvent>][] = [
  ["a long reason", { reason: "x".repeat(4_096) }],
  ["one that is written in many bytes", { reason: "漢".repeat(4_096) }],
  ["one that has to be escaped", { reason: '"\\'.repeat(2_048) }],
  ["many policies", { policy: policy(64) }],
];

it.each(
  LONG.flatMap(([what, change]) =>
    (["json", "ocsf", "ecs", "cef"] as const).map((name) => ({ what, change, name })),
  ),
)(
  "an event with $what fits into 2 KiB as $name, says so, and still says who did what [SIEM-5]",
  ({ change, name }) => {
    const event = makeEvent(1, change);
    const { entries, unsendable } = encodeEntries([event], createFormat(name, TEST_PRODUCER), 2_048);
    expect(unsendable).toEqual([]);
    expect(entries).toMatchObject([{ cut: true }]);
    for (const part of [event.id, "sark_cut", "alice", "echo"]) {
      expect(entries[0]?.text).toContain(part);
    }
  },
);

it("what is cut keeps as much of its reason as there is room for, and no half characters", () => {
  const event = makeEvent(1, { reason: `a${"\u{1F600}".repeat(1_000)}`, policy: policy(5) });
  expect(cutEvent(event, 10).record).toMatchObject({
    reason: event.record.reason.slice(0, 999),
    policy: policy(5),
  });
  expect(cutEvent(event, 0).record).toMatchObject({
    reason: event.record.reason.slice(0, 99),
    policy: { ids: [...policy(4).ids, "…"] },
    metadata: { sark_cut: 23 },
  });
});
