import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { loadOrCreateSecret, openDataDirectory } from "./data-directory.ts";

const MODULE = new URL("data-directory.ts", import.meta.url).href;

let folder: string;
beforeAll(() => {
  folder = openDataDirectory(join(mkdtempSync(join(tmpdir(), "sark-data-")), "new"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("keeps a secret for its owner alone, and gives the same one each time", () => {
  const secret = loadOrCreateSecret(folder, "first.key");
  expect(secret).toHaveLength(32);
  expect(loadOrCreateSecret(folder, "first.key")).toEqual(secret);
  expect(loadOrCreateSecret(folder, "second.key")).not.toEqual(secret);
  expect(statSync(join(folder, "first.key")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).toSorted()).toEqual(["first.key", "second.key"]);
});

it("has a secret on the disk before it counts, with its name and those of the folders around it", () => {
  const place = mkdtempSync(join(tmpdir(), "sark-data-"));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", WATCHED, place, MODULE], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const calls = (JSON.parse(said) as string[]).map((call) => call.replace(place, "place"));
  expect(calls).toEqual([
    "sync place/outer",
    "sync place",
    "sync place/outer/data/first.key.draft",
    "link place/outer/data/first.key",
    "sync place/outer/data",
  ]);
});

/** Says in which order a first start makes what it keeps durable. */
const WATCHED = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const [place, module] = process.argv.slice(1);
const { openSync, fsyncSync, linkSync } = fs;
const paths = new Map();
const calls = [];
Object.assign(fs, {
  openSync(path, ...options) {
    const descriptor = openSync(path, ...options);
    paths.set(descriptor, String(path).replace(/[0-9a-f-]{36}$/, "draft"));
    return descriptor;
  },
  fsyncSync(descriptor) {
    fsyncSync(descriptor);
    calls.push("sync " + paths.get(descriptor));
  },
  linkSync(from, to) {
    linkSync(from, to);
    calls.push("link " + to);
  },
});
syncBuiltinESMExports();
const { openDataDirectory, loadOrCreateSecret } = await import(module);
loadOrCreateSecret(openDataDirectory(place + "/outer/data"), "first.key");
console.log(JSON.stringify(calls));
`;

it.each<[what: string, make: (file: string) => void, reason: RegExp]>([
  ["too short", (file) => writeFileSync(file, "AAAA\n", { mode: 0o600 }), /32-byte secret/],
  ["open to others", (file) => (writeFileSync(file, "A".repeat(43)), chmodSync(file, 0o644)), /chmod 600/],
  [
    "far too long",
    (file) => writeFileSync(file, "A".repeat(5_000), { mode: 0o600 }),
    /regular file of at most/,
  ],
  ["a pipe", (file) => void execFileSync("mkfifo", ["-m", "600", file]), /regular file of at most/],
])("takes none that is %s", (what, make, reason) => {
  const name = `${what.replaceAll(" ", "-")}.key`;
  make(join(folder, name));
  expect(() => loadOrCreateSecret(folder, name)).toThrow(reason);
});

it("makes one secret for gateways that start at once on one folder, and all of them get it", async () => {
  const rounds = 20;
  const turns = new SharedArrayBuffer(4);
  const workers = Array.from(
    { length: 3 },
    () => new Worker(RACE, { eval: true, workerData: { turns, rounds, folder, MODULE } }),
  );
  const secrets = await Promise.all(
    workers.map(
      (worker) =>
        new Promise<string[]>((resolve, reject) => worker.once("message", resolve).once("error", reject)),
    ),
  );
  for (let round = 0; round < rounds; round += 1) {
    expect(new Set(secrets.map((some) => some[round])).size).toBe(1);
  }
});

/** All begin each round at the same moment: they meet at a counter. */
const RACE = `
  const { parentPort, workerData: { turns, rounds, folder, MODULE } } = require("node:worker_threads");
  const met = new Int32Array(turns);
  import(MODULE).then(({ loadOrCreateSecret }) => {
    const secrets = [];
    for (let round = 0; round < rounds; round += 1) {
      const all = 3 * (round + 1);
      let here = Atomics.add(met, 0, 1) + 1;
      Atomics.notify(met, 0);
      for (; here < all; here = Atomics.load(met, 0)) Atomics.wait(met, 0, here);
      secrets.push(loadOrCreateSecret(folder, "race-" + round).toString("hex"));
    }
    parentPort.postMessage(secrets);
  });
`;
