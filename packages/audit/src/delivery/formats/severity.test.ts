import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../../events/audit-event.ts";
import { destinationSchema, type DestinationInput } from "../config.ts";
import { createDestination } from "../create-destination.ts";
import { makeEvent } from "../testing/events.ts";
import { TEST_PRODUCER } from "../testing/producer.ts";
import { createFormat } from "./create-format.ts";
import { SEVERITIES, severityOf, type Severity } from "./fields/severity.ts";

const environment = { SECRET: "a-secret-value" };

const EVENTS: Readonly<Record<Severity, readonly Partial<AuditEvent>[]>> = {
  critical_denial: [{ decision: "deny", phase: "decision", sensitivity: "critical" }],
  denial: [
    { decision: "deny", phase: "decision" },
    { decision: "deny", phase: "decision", outcome: "rate_limited", sensitivity: "high" },
  ],
  failure: [
    { phase: "outcome", outcome: "tool_error" },
    { phase: "outcome", outcome: "timeout", sensitivity: "critical" },
  ],
  normal: [
    { phase: "intent" },
    { phase: "outcome", outcome: "ok" },
    { phase: "outcome", outcome: "cancelled" },
    { phase: "outcome", outcome: "input_required" },
  ],
};

/** What each format and receiver is told: OCSF, CEF, Datadog, OTLP, and syslog with facility 13. */
const WORDS: Readonly<Record<Severity, readonly [number, string, string, number, number]>> = {
  critical_denial: [4, "8", "warn", 13, 108],
  denial: [3, "6", "warn", 13, 108],
  failure: [2, "5", "error", 17, 107],
  normal: [1, "3", "info", 9, 110],
};

async function bodyOf(sink: DestinationInput["sink"], change: Partial<AuditEvent>): Promise<string> {
  const config = destinationSchema.parse({ name: "a", compression: "none", sink });
  const { sink: made } = createDestination(config, TEST_PRODUCER, environment);
  const event = makeEvent(0, change);
  const { requests } = await made.prepare([event], event.time);
  await made.close();
  return (requests[0] as unknown as { body: Buffer }).body.toString();
}

describe.each(SEVERITIES)("severity %s", (severity) => {
  it.each(EVENTS[severity])("of %j is said in each one's own words", async (change) => {
    const event = makeEvent(0, change);
    expect(severityOf(event.record)).toBe(severity);
    const encode = (name: "ocsf" | "cef") => createFormat(name, TEST_PRODUCER).encode(event);
    const said = [
      (JSON.parse(encode("ocsf")) as { severity_id: number }).severity_id,
      encode("cef").split("|")[6],
      (JSON.parse(await bodyOf({ type: "datadog", apiKey: "${SECRET}" }, change)) as { status: string }[])[0]
        ?.status,
      Number(
        /"severityNumber":(\d+)/.exec(await bodyOf({ type: "otlp", url: "http://127.0.0.1:1" }, change))?.[1],
      ),
      Number(/<(\d+)>1 /.exec(await bodyOf({ type: "syslog", host: "127.0.0.1", port: 1 }, change))?.[1]),
    ];
    expect(said).toEqual(WORDS[severity]);
  });
});
