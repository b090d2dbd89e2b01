import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { startSplunkHec, type SplunkHec } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { createLogBuilder, type LogBuilder } from "../../log-builder/signing/log-builder.ts";
import { createTestLog, type TestLog } from "../../log-builder/testing/test-log.ts";
import { createKeySet } from "../../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { openCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { FORMAT_NAMES, type FormatName } from "../audit-events/format.ts";
import type { DestinationStatus } from "../engine/ports/destination-control.ts";
import { splunkHecSchema } from "../sinks/splunk-hec/config.ts";
import { createSplunkHecSink } from "../sinks/splunk-hec/splunk-hec-sink.ts";
import { splunkDestination } from "../testing/engine.ts";
import { testContext } from "../testing/sinks.ts";
import { startDelivery } from "../start-delivery.ts";
import type { Delivery } from "../engine/delivery.ts";

const OCSF_SCHEMA = new URL("../formats/ocsf/api-activity.schema.json", import.meta.url);
const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
const ORIGIN = "sark.example/audit";
const WAIT = { timeout: 30_000, interval: 10 };
const signer = createNoteSigner(ORIGIN, namedKey("log"));
const keys = createKeySet([{ key: signer.key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER }]);

let log: TestLog;
let hec: SplunkHec;
let builder: LogBuilder;
let delivery: Delivery | undefined;
beforeEach(async () => {
  log = await createTestLog(inject("postgresUrl"));
  hec = await startSplunkHec({ token: TOKEN });
  builder = createLogBuilder({ pool: log.pool, signer, origin: ORIGIN, intervalMs: 5 });
});
afterEach(async () => {
  await delivery?.close(0);
  await builder.close();
  await hec.close();
  await log.close();
});

function deliver(formatName: FormatName = "json", checkpointMs = 10): Delivery {
  const parsed = splunkHecSchema.parse({ type: "splunk_hec", url: hec.url, token: "${TOKEN}" });
  const context = testContext({ formatName, environment: { TOKEN } });
  const destination = splunkDestination(hec, TOKEN, {
    sink: createSplunkHecSink(parsed, context),
    settings: { maxConcurrency: 1, maxEvents: 20, checkpointMs },
  });
  return (delivery = startDelivery({
    connectionString: log.url,
    destinations: [destination],
    replica: "r",
    pollMs: 5,
    electionMs: 20,
  }));
}

async function status(): Promise<DestinationStatus | undefined> {
  return (await delivery?.control.status())?.[0];
}
const toldOf = (size: number) =>
  vi.waitFor(async () => expect(await status()).toMatchObject({ checkpointSize: size, behind: 0 }), WAIT);
const checkpoints = () => hec.indexed().filter(({ fields }) => fields["event_type"] === "log_checkpoint");

describe("signed checkpoints", () => {
  it("follow the events that they vouch for, can be verified, and count in no figure [AUD-7] [AUD-5] [SIEM-5]", async () => {
    await log.append(130);
    builder.start();
    deliver();
    await toldOf(130);
    expect(await status()).toMatchObject({ written: 130, acknowledged: 130, addsUp: true });
    const last = hec.indexed().at(-1);
    if (last === undefined) {
      throw new Error("nothing arrived");
    }
    expect(last.fields).toMatchObject({ event_type: "log_checkpoint", seq: "-130" });
    const { metadata } = last.event as { metadata: { note: string; size: number; root: string } };
    const opened = openCheckpoint(metadata.note, keys, ORIGIN);
    expect(opened).toMatchObject({ size: 130 });
    expect(Buffer.from(opened.root).toString("base64")).toBe(metadata.root);

    // The next ones, each once, also after a restart.
    await log.append(5);
    await toldOf(135);
    await delivery?.close();
    deliver();
    await log.append(5);
    await toldOf(140);
    const sizes = checkpoints().map(({ fields }) => -Number(fields["seq"]));
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
    expect(await status()).toMatchObject({ written: 140, acknowledged: 140, addsUp: true });
    // Never ahead of what it covers.
    let events = 0;
    for (const { fields } of hec.indexed()) {
      const seq = Number(fields["seq"]);
      if (seq >= 0) {
        events += 1;
      } else {
        expect(events).toBeGreaterThanOrEqual(-seq);
      }
    }
  });

  it("are sent at a bounded rate", async () => {
    builder.start();
    await log.append(1);
    deliver("json", 3_600_000);
    for (let n = 0; n < 5; n += 1) {
      await log.append(10);
    }
    await vi.waitFor(async () => expect(await status()).toMatchObject({ acknowledged: 51 }), WAIT);
    expect(checkpoints()).toEqual([]);
  });

  it("that a receiver refuses hold nothing up and stand in no quarantine [SIEM-5]", async () => {
    hec.poison("log_checkpoint");
    await log.append(30);
    builder.start();
    deliver();
    await toldOf(30);
    await log.append(30);
    await vi.waitFor(async () => expect(await status()).toMatchObject({ acknowledged: 60 }), WAIT);
    expect(await status()).toMatchObject({ state: "running", quarantined: 0, addsUp: true });
    expect(checkpoints()).toEqual([]);
  });

  it.each(FORMAT_NAMES)("are whole in %s", async (format) => {
    await log.append(3);
    builder.start();
    deliver(format);
    await toldOf(3);
    const event = checkpoints()[0]?.event;
    const text = typeof event === "string" ? event : JSON.stringify(event);
    expect(text).toContain("log_checkpoint");
    // However a format nests and escapes it, the signature is there to the last letter.
    const note = (await builder.latestCheckpoint()) ?? "";
    const signature = note.trimEnd().split(" ").at(-1) ?? "";
    expect(text).toContain(format === "cef" ? signature.replaceAll("=", "\\=") : signature);
    if (format !== "ocsf") {
      return;
    }
    const ajv = new Ajv({ allErrors: true, strictTypes: false });
    formats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync(OCSF_SCHEMA, "utf8")) as object);
    validate(event);
    expect(validate.errors).toBeNull();
  });
});
