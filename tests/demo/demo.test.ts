import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the demo shows calls, their trail, delivery over an outage, proof and metrics [AUD-6] [AUD-7] [SIEM-5]", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, "main.ts")]);
  const has = (pattern: RegExp) => expect(stdout).toMatch(pattern);
  has(/alice +sessions +call echo +ok: hello/);
  has(/alice +stateless +call slow, and cancel it +cancelled by the client/);
  has(/alice +stateless +call crash: critical, so denied +-32010: /);
  has(/no caller +none +connect, with a key that is none +HTTP 401/);
  has(/\d+ +\S+Z +intent +build-bot +tools\/echo +allow/);
  const delivery =
    /the collector is away +\w+ +(\d+) +(\d+) +(\d+) .*yes\n +it is back +\w+ +(\d+) +\4 +0 +\4 +yes/;
  has(delivery);
  expect(Number(delivery.exec(stdout)?.[3])).toBeGreaterThan(0);
  has(/the log as it is +OK: all \d+ events are as they were signed/);
  const forgery = /number (\d+) changed in the database from deny to allow +found at \1: /;
  has(forgery);
  has(/failed authentications +malformed_credentials +1\n/);
});
