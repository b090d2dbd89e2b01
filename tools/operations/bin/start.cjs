// Plain JavaScript: to have Node.js strip the types of one file takes as long as a whole command.
const { spawn } = require("node:child_process");
const { existsSync, readFileSync, statSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

const ROOT = join(__dirname, "../../..");
const CACHE = `${ROOT}/node_modules/.cache/tools`;
/** As the published package says. */
const LEAST_NODE = 24;

/** @typedef {readonly (readonly [file: string, size: number, changed: number])[]} FileStates */

/**
 * Starts a tool of this checkout, from a bundle, which takes a fifth of the time. What runs is code only of files that are as they
 * were when the bundle was made of them; otherwise it is made anew. What finds the command is looked at first, what defines it when
 * one is named, and the rest when it runs: help needs the least. Where a bundle cannot be made, the sources run as they are.
 *
 * @param {string} tool
 */
module.exports = async function start(tool) {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
    return startWithOwnNode(tool);
  }
  const kept = keptBundle();
  if (kept !== null && (await run(kept, (part) => isCurrent(kept, part)))) {
    return;
  }
  const made = await makeBundle();
  if (made === null) {
    await import(`../src/${tool}/main.ts`);
  } else {
    await run(made);
  }

  /**
   * Resolves to false, with nothing done, where `isCurrent` forbids to load what is needed.
   *
   * @param {string} folder
   * @param {(part: "definitions" | "all") => boolean} [isCurrent]
   */
  function run(folder, isCurrent) {
    // Beside the code, where only those can write who could change the code itself.
    enableCompileCache(`${folder}/.compiled`);
    return require(`${folder}/tools.cjs`).start(tool, isCurrent);
  }
};

/**
 * cron and monitors start a tool by its path, and then by whatever Node.js the machine has. That of the project is one more start.
 *
 * @param {string} tool
 */
function startWithOwnNode(tool) {
  const node = join(ROOT, "node_modules/node/bin/node");
  if (!existsSync(node)) {
    console.error(
      `${tool}: needs Node.js ${LEAST_NODE} or later, and this is ${process.versions.node}. "npm install" in ${ROOT} brings one.`,
    );
    process.exitCode = 3;
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // A monitor whose time limit is over ends this process, and means the tool. A terminal interrupts both of them.
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGINT", () => undefined);
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 3;
    if (signal !== null) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

/** The folder of the newest bundle, where what finds its commands is current; otherwise `null`. */
function keptBundle() {
  try {
    const { folder, frame } = JSON.parse(readFileSync(`${CACHE}/newest.json`, "utf8"));
    const path = `${CACHE}/${folder}`;
    return unchanged(frame) && statSync(`${path}/tools.cjs`).isFile() ? path : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} folder of a bundle
 * @param {"definitions" | "all"} part of what its commands are made of
 */
function isCurrent(folder, part) {
  try {
    const { definitions, rest } = JSON.parse(readFileSync(`${folder}/inputs.json`, "utf8"));
    return unchanged(part === "definitions" ? definitions : rest);
  } catch {
    return false;
  }
}

/** Throws where a file is away. @param {FileStates} files */
function unchanged(files) {
  for (const [file, size, changed] of files) {
    const now = statSync(`${ROOT}/${file}`);
    if (now.size !== size || now.ctimeMs !== changed) {
      return false;
    }
  }
  return true;
}

async function makeBundle() {
  try {
    const { bundleCheckout } = await import("../../../scripts/bundle-tools/fresh-bundle.ts");
    return await bundleCheckout();
  } catch {
    return null;
  }
}
