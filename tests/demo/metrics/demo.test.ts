import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the demo of the metrics service shows events, KPIs, live updates, webhooks, refusals and proof [SVC-1] [SVC-4]", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, "main.ts")]);
  const has = (pattern: RegExp) => expect(stdout).toMatch(pattern);
  has(/one of them no score +303 accepted, 0 there before, 1 refused/);
  has(/an event, seen by a subscriber +after \d+ ms/);
  has(/acme is told +verified: \{"type":"erasure.completed"/);
  has(/globex is told +verified: \{"type":"quota.exceeded"/);
  has(/globex asks for a user of acme +HTTP 404/);
  has(/the log as it is +OK: all \d+ events are as they were signed/);
  has(/changed in the database from deny to allow +found at \d+: /);
  has(/^All \d+ were seen\.$/m);
});
