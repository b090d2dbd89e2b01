import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

const SUPERUSER = "sark";

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
  const passwordFile = join(directory, "sark.password");
  if (!existsSync(join(directory, "PG_VERSION"))) {
    await initialise(directory, passwordFile, binaries, account);
  }
  return { directory, user: SUPERUSER, password: (await readFile(passwordFile, "utf8")).trim() };
}

async function initialise(
  directory: string,
  passwordFile: string,
  binaries: Binaries,
  account: Account | null,
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  // A first start that was interrupted leaves a cluster that was never used.
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  const password = randomBytes(24).toString("base64url");
  const handover = join(tmpdir(), `sark-${randomBytes(8).toString("hex")}`);
  await writeFile(handover, password, { mode: 0o600 });
  if (account !== null) {
    await chown(directory, account.uid, account.gid);
    await chown(handover, account.uid, account.gid);
  }
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${directory}`,
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
  await writeFile(passwordFile, password, { mode: 0o600 });
  await chmod(passwordFile, 0o600);
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
