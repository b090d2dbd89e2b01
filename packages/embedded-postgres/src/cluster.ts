import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

const SUPERUSER = "sark";
const PASSWORD = "sark.password";
/** Behind the name of the folder, and before something random. */
const DRAFT = ".new-";

/** A data directory that has been initialised, and the password of its only role. */
export interface Cluster {
  readonly directory: string;
  readonly user: string;
  readonly password: string;
}

/** Makes the cluster on the first call; finds it on later ones. The password stands in a 0600 file inside of it. */
export async function openCluster(
  directory: string,
  binaries: Binaries,
  account: Account | null,
): Promise<Cluster> {
  const passwordFile = join(directory, PASSWORD);
  if (!existsSync(join(directory, "PG_VERSION"))) {
    await initialise(directory, binaries, account);
  }
  return { directory, user: SUPERUSER, password: (await readFile(passwordFile, "utf8")).trim() };
}

/** Made beside its place, and put there when it is complete: a first start that is killed leaves nothing that the next one takes for it. */
async function initialise(directory: string, binaries: Binaries, account: Account | null): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  await removeDrafts(directory);
  const draft = `${directory}${DRAFT}${randomBytes(8).toString("hex")}`;
  await mkdir(draft, { mode: 0o700 });
  const password = randomBytes(24).toString("base64url");
  const handover = join(tmpdir(), `sark-${randomBytes(8).toString("hex")}`);
  await writeFile(handover, password, { mode: 0o600 });
  if (account !== null) {
    await chown(draft, account.uid, account.gid);
    await chown(handover, account.uid, account.gid);
  }
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${handover}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
      ],
      account,
    );
  } finally {
    await rm(handover, { force: true });
  }
  const file = join(draft, PASSWORD);
  await writeFile(file, password, { mode: 0o600, flush: true });
  await chmod(file, 0o600);
  // What stands there was never a cluster.
  await rm(directory, { recursive: true, force: true });
  await rename(draft, directory);
}

/** Those of first starts that were killed. Their `initdb` may still run: it fails where its folder is removed. */
async function removeDrafts(directory: string): Promise<void> {
  const folder = dirname(directory);
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(`${basename(directory)}${DRAFT}`));
  for (const draft of drafts) {
    await rm(join(folder, draft), { recursive: true, force: true, maxRetries: 10 });
  }
}

async function run(program: string, args: string[], account: Account | null): Promise<void> {
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: "/",
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-4_000);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) {
    throw new Error(`initdb failed (exit code ${code}): ${text.trim()}`);
  }
}
