import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { lockFolder } from "./lock-folder.ts";

const root = mkdtempSync(join(tmpdir(), "sark-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
function newFolder(): string {
  const folder = join(root, `folder ${(made += 1)}`);
  mkdirSync(folder);
  return folder;
}

const MODULE = new URL("lock-folder.ts", import.meta.url).href;
const PROGRAM = `
  const { lockFolder } = await import(process.env.MODULE);
  const release = lockFolder(process.env.FOLDER);
  process.stdout.write(release === null ? "refused\\n" : "held\\n");
  setInterval(() => {}, 1000);
  process.stdin.on("data", () => release());
`;

/** A process that locks the folder and stays; `said` is whether it got it. */
async function otherProcess(folder: string) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    env: { ...process.env, MODULE, FOLDER: folder },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return {
    said: String(said).trim(),
    async kill() {
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

it("gives a folder to one at a time, in one process", () => {
  const folder = newFolder();
  const release = lockFolder(folder);
  expect(release).not.toBeNull();
  // Trying is no harm to the one who has it.
  expect([lockFolder(folder), lockFolder(folder)]).toEqual([null, null]);
  release?.();
  release?.();
  const again = lockFolder(folder);
  expect(again).not.toBeNull();
  // A second release of the first lock does not end the second one.
  release?.();
  expect(lockFolder(folder)).toBeNull();
  again?.();
});

it("gives a folder to one at a time, between processes, also by another name of it", async () => {
  const folder = newFolder();
  const alias = join(root, "alias");
  symlinkSync(folder, alias);
  const release = lockFolder(folder);
  expect([lockFolder(folder), lockFolder(alias)]).toEqual([null, null]);
  const other = await otherProcess(alias);
  expect(other.said).toBe("refused");
  await other.kill();
  release?.();
  const next = await otherProcess(folder);
  expect(next.said).toBe("held");
  expect(lockFolder(folder)).toBeNull();
  await next.kill();
});

it("takes over from a process that was killed", async () => {
  const folder = newFolder();
  const other = await otherProcess(folder);
  expect([other.said, lockFolder(folder)]).toEqual(["held", null]);
  await other.kill();
  const release = lockFolder(folder);
  expect(release).not.toBeNull();
  release?.();
});

it("lets one of many that start together have it", async () => {
  const folder = newFolder();
  const others = await Promise.all(Array.from({ length: 6 }, () => otherProcess(folder)));
  expect(others.map(({ said }) => said).sort()).toEqual(["held", ...Array(5).fill("refused")]);
  await Promise.all(others.map((other) => other.kill()));
});

it("holds between threads of one process", async () => {
  const folder = newFolder();
  const release = lockFolder(folder);
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     import(workerData.MODULE).then(({ lockFolder }) => parentPort.postMessage(lockFolder(workerData.folder) === null));`,
    { eval: true, workerData: { MODULE, folder } },
  );
  expect(await once(worker, "message")).toEqual([true]);
  await worker.terminate();
  expect(lockFolder(folder)).toBeNull();
  release?.();
});

it("is held by who does not keep what would release it", async () => {
  const folder = newFolder();
  expect(lockFolder(folder)).not.toBeNull();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 5; round += 1) {
    collect();
    await nextTurn();
  }
  expect(lockFolder(folder)).toBeNull();
});

it("leaves an empty file that only its owner can open, and nothing else", () => {
  const folder = newFolder();
  const release = lockFolder(folder);
  const file = join(folder, "folder.lock");
  expect([statSync(file).mode & 0o777, statSync(file).size]).toEqual([0o600, 0]);
  release?.();
  expect(readFileSync(file, "utf8")).toBe("");
});

it("refuses a folder that is not there, and a lock file that is none", () => {
  expect(() => lockFolder(join(root, "missing"))).toThrow("ENOENT");
  const folder = newFolder();
  writeFileSync(join(folder, "folder.lock"), "written by another program\n".repeat(100));
  expect(() => lockFolder(folder)).toThrow(/folder\.lock cannot be locked: file is not a database/);
});
