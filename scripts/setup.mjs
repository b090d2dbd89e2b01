// Installs what is missing, so that `npm start` and `npm test` work on a fresh clone.
// Plain JavaScript: it runs on the machine's own Node, before the pinned one is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".sark-setup");

/** A digest of every manifest: the installation is stale when one of them changed. */
function manifestsDigest() {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifests = workspaces.flatMap((pattern) => expand(pattern)).sort();
  const hash = createHash("sha256");
  for (const file of ["package.json", "package-lock.json", ...manifests]) {
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** `packages/*` or `tests`, to the manifests below it. (Node 20 has no stable `globSync`.) */
function expand(pattern) {
  const parent = pattern.replace(/\/?\*$/, "");
  const names = pattern.endsWith("*") ? readdirSync(join(root, parent)) : [""];
  return names
    .map((name) => join(parent, name, "package.json"))
    .filter((file) => existsSync(join(root, file)));
}

const digest = manifestsDigest();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== digest) {
  console.error("Installing dependencies (first start, or the manifests changed) …");
  // Not `npm ci`: it refuses a lock file that lacks other platforms' optional binaries.
  // `--no-save` still takes every version from the lock file and leaves that file alone.
  const installed = spawnSync("npm", ["install", "--no-save", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (installed.status !== 0) {
    console.error("npm install failed; its messages are above.");
    process.exit(installed.status ?? 1);
  }
  // A file of its own: a copy of this folder may share the old one by a hard link.
  writeFileSync(`${stamp}.new`, digest);
  renameSync(`${stamp}.new`, stamp);
}
