// A replica that records as fast as its callers may, writes down every acknowledgement after it has it, and delivers the
// log to every destination that it leads: producer SETTINGS. Told to finish, it ends once nothing waits anywhere.
// First: the clock is set before anything looks at it.
import { setClock } from "./shifted-clock.ts";
import { randomUUID } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { wait, waitUntil } from "@sark/observability/waiting";
import { createAuditLog, type AuditRecord, type RecordResult } from "@sark/audit";
import {
  createDestination,
  destinationSchema,
  startDelivery,
  type DestinationInput,
} from "@sark/audit/delivery";
import { finishedLine, oracleLine, refusedLine } from "./oracle.ts";

export interface ProducerSettings {
  readonly name: string;
  readonly connectionString: string;
  readonly whenDown: "closed" | "spool";
  readonly spoolDirectory: string;
  readonly oracleFile: string;
  readonly destinations: readonly DestinationInput[];
  /** A replica that stands still for so long loses its lead, in milliseconds. */
  readonly leaseMs: number;
  /** Stands in events that receivers refuse. */
  readonly poison: string;
  readonly callers: number;
  /** Of each caller, between two records. */
  readonly pauseMs: number;
}

/** What it is told. */
export type ProducerCommand = { readonly clockOffsetMs: number } | "finish";

/** What it tells, a few times a second. */
export interface ProducerReport {
  readonly committed: number;
  readonly spooled: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Times that a destination's breaker opened. */
  readonly breakersOpened: number;
}

/** The share of events that receivers refuse. */
const POISONED = 1 / 200;

const settings = JSON.parse(process.argv[2] ?? "{}") as ProducerSettings;
const oracle = openSync(settings.oracleFile, "a");
const log = createAuditLog({
  connectionString: settings.connectionString,
  writeTimeoutMs: 1_000,
  spool: { directory: settings.spoolDirectory },
  observer: {
    // No fault here sets the database back: to say so would be a false alarm, and ends this process in a way that is told.
    storeSetBack({ id, seq, nextSeq }) {
      process.stderr.write(`${id} at ${seq} was taken for lost; the next number was ${nextSeq}\n`);
      process.exit(1);
    },
  },
});
const counts = { committed: 0, spooled: 0, failed: {} as Record<string, number>, breakersOpened: 0 };
const delivery = startDelivery({
  connectionString: settings.connectionString,
  destinations: settings.destinations.map((destination) =>
    createDestination(
      destinationSchema.parse(destination),
      { service: "faults", version: "0.0.0", host: settings.name },
      process.env,
    ),
  ),
  replica: settings.name,
  pollMs: 100,
  electionMs: 100,
  leaseMs: settings.leaseMs,
  statementTimeoutMs: 1_000,
  observer: {
    circuitChanged: (_destination, _platform, { state }) => {
      if (state === "open") {
        counts.breakersOpened += 1;
      }
    },
  },
});
const finishing = new AbortController();

async function record(event: AuditRecord, whenDown = settings.whenDown): Promise<RecordResult | null> {
  try {
    const recorded = await log.record(event, { whenDown });
    writeSync(oracle, oracleLine(recorded));
    counts[recorded.kept === "committed" ? "committed" : "spooled"] += 1;
    return recorded;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== "string") {
      throw error;
    }
    if (typeof event.intent_id === "string") {
      writeSync(oracle, refusedLine(event.intent_id, code));
    }
    counts.failed[code] = (counts.failed[code] ?? 0) + 1;
    return null;
  }
}

async function everythingDelivered(): Promise<boolean> {
  try {
    return (await delivery.control.status()).every(({ behind }) => behind === 0);
  } catch {
    return false;
  }
}

async function call(): Promise<void> {
  const event: AuditRecord = {
    event_type: "tool_invoke",
    user_id: settings.name,
    server_name: "files",
    tool_name: "read",
    decision: "allow",
    reason:
      Math.random() < POISONED
        ? `Permitted, but ${settings.poison}.`
        : "Permitted by everyone-may-read; “ünï” 🙂.",
    timestamp: Date.now() / 1000,
    gateway_request_id: randomUUID(),
    metadata: { producer: settings.name, pid: process.pid, nested: { b: 1, a: [1.5, null] } },
    phase: "intent",
  };
  const intent = await record(event);
  await wait(settings.pauseMs);
  if (intent === null) {
    return;
  }
  const outcome: AuditRecord = {
    ...event,
    timestamp: Date.now() / 1000,
    phase: "outcome",
    outcome: "ok",
    intent_id: intent.id,
    duration_ms: settings.pauseMs,
  };
  // As the gateway does: the call was made, so how it ended is kept wherever there is a place for it.
  await record(outcome, "spool");
  await wait(settings.pauseMs);
}

const report = (): void => void process.send?.(counts satisfies ProducerReport);
setInterval(report, 50).unref();
process.on("message", (command: ProducerCommand) => {
  if (command === "finish") {
    finishing.abort();
  } else {
    setClock(command.clockOffsetMs);
  }
});
// A parent that was killed cannot say so.
process.on("disconnect", () => process.exit(1));

await Promise.all(
  Array.from({ length: settings.callers }, async () => {
    while (!finishing.signal.aborted) {
      await call();
    }
  }),
);
await waitUntil(() => (log.stats().spool?.bytes ?? 0) === 0, { everyMs: 10 });
await log.close();
writeSync(oracle, finishedLine(process.pid));
await waitUntil(everythingDelivered, { everyMs: 20 });
await delivery.close();
report();
process.disconnect();
process.exit(0);
