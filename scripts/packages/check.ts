// Gate: what `npm pack` makes of the libraries works elsewhere. Packs them, installs the tarballs into an empty folder,
// compiles the examples and the quick starts there with strict settings, and runs them on a real PostgreSQL. [API-2]
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startPostgres, UNFLUSHED } from "@sark/testkit";
import { LIBRARIES, root } from "./build-library.ts";
import { compileConsumer, installConsumer } from "./consumer.ts";
import { packLibraries } from "./pack-libraries.ts";
import { packageProblems } from "./package-problems.ts";
import { runExamples } from "./run-examples.ts";

const stamp = join(root, "node_modules/.cache/checked-packages");
const digest = inputsDigest();

if (readStamp() === digest) {
  console.log("packages: unchanged since they were checked");
} else {
  await check();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

async function check(): Promise<void> {
  const tarballs = packLibraries();
  const problems = await packageProblems();
  if (problems.length > 0) {
    throw new Error(`What is published is not sound:\n${problems.join("\n")}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-consumer-"));
  const postgres = await startPostgres({ settings: UNFLUSHED });
  try {
    installConsumer(folder, tarballs);
    compileConsumer(folder);
    await runExamples(folder, postgres);
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log("packages: packed, installed, compiled and run");
}

/** Of all that decides on the result: the libraries, the examples, these scripts, and the versions that are installed. */
function inputsDigest(): string {
  const folders = [...LIBRARIES.map((library) => `packages/${library}`), "examples", "scripts/packages"];
  const files = execFileSync(
    "git",
    [
      "ls-files",
      "--cached",
      "--others",
      "--exclude-standard",
      ...folders,
      "package-lock.json",
      "CHANGELOG.md",
    ],
    { cwd: root, encoding: "utf8" },
  );
  const hash = createHash("sha256").update(process.version);
  for (const file of files.split("\n").filter((name) => name !== "" && !name.endsWith(".test.ts"))) {
    hash.update(`\n${file}\n`).update(readIfThere(join(root, file)));
  }
  return hash.digest("hex");
}

function readStamp(): string {
  return readIfThere(stamp).toString();
}

/** A file that was deleted and not committed yet is listed all the same. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return Buffer.alloc(0);
    }
    throw error;
  }
}
