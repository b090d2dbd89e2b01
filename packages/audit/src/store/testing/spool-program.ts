// The life of a spool, with what it would leave at each moment of it: spool-program FOLDER COPIES. Writes JSON of `Left` to stdout.
// First: it looks at what the spool calls.
import { watchFolder, type Moment } from "./mortal-folder.ts";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { reasonDatabase } from "./reason-database.ts";
import { acceptRecord } from "../../events/accept-record.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import { drainSpool } from "../spool/drain.ts";
import { openSpool, type Spool } from "../spool/spool.ts";

/** A moment, and what had been promised until then. */
export interface Left extends Moment {
  /** Reasons of the records whose callers had been told that they are kept. */
  readonly acknowledged: readonly string[];
  /** Lines of the log, by what they say, in order; of refused ones none. */
  readonly log: readonly string[];
}

const [folder = "", copies = ""] = process.argv.slice(2);
const left: Left[] = [];
const acknowledged: string[] = [];
const log: string[] = [];
watchFolder(folder, copies, (moment) =>
  left.push({ ...moment, acknowledged: [...acknowledged], log: [...log] }),
);

const event = (reason: string): AcceptedEvent =>
  acceptRecord({
    event_type: "tool_invoke",
    decision: "allow",
    reason,
    timestamp: 1_795_000_000,
    gateway_request_id: reason,
    phase: "intent",
  });

async function append(spool: Spool, ...reasons: readonly string[]): Promise<void> {
  await Promise.all(
    reasons.map(async (reason) => {
      await spool.append(event(reason));
      acknowledged.push(reason);
    }),
  );
}

const write = reasonDatabase(log);

const drain = (spool: Spool, meanwhile?: () => Promise<void>) =>
  drainSpool(spool, {
    async write(batch) {
      await meanwhile?.();
      return write(batch);
    },
    onRecorded: () => undefined,
    onQuarantined: () => undefined,
    signal: new AbortController().signal,
  });

const first = openSpool({ directory: folder }, () => undefined);
await first.check();
await append(first, "1", "refused 2", "3");
await append(first, "4");
let isFirst = true;
await drain(first, async () => {
  if (isFirst) {
    isFirst = false;
    await append(first, "5", "refused 6");
  }
});
await append(first, "7");
await first.close();

const damaged = await open(join(folder, "spool-000000000000.jsonl"), "wx");
await damaged.writeFile("damaged\n");
await damaged.sync();
await damaged.close();
const second = openSpool({ directory: folder }, () => undefined);
await append(second, "8");
await drain(second);
await second.close();
process.stdout.write(JSON.stringify(left));
