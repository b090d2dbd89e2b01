import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TOOLS } from "@sark/operations/testing";
import { ROOT } from "../support/programs/programs.ts";
import { makeScratchCopy, type ScratchCopy } from "../support/scratch-copy.ts";

let copy: ScratchCopy;
beforeAll(() => {
  copy = makeScratchCopy();
});
afterAll(() => copy.remove());

const inCopy = (path: string) => join(copy.folder, path);
const newest = () => inCopy("node_modules/.cache/tools/newest.json");
const bundle = () => (JSON.parse(readFileSync(newest(), "utf8")) as { readonly folder: string }).folder;

function run(file: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}
const start = (tool: string, ...args: string[]) => run(inCopy(`tools/operations/bin/${tool}.cjs`), ...args);

const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(inCopy(path), change(readFileSync(inCopy(path), "utf8")));

it("a command line in a clone is started from a bundle, which is never older than the sources [CLI-5]", () => {
  expect(start("gateway-admin", "--version")).toEqual({ code: 0, out: "gateway-admin 0.1.0\n", err: "" });
  const made = statSync(newest()).mtimeMs;
  expect(start("gateway-admin", "--help").out).toContain("Look after a gateway");
  expect(start("health-check", "--version").code).toBe(0);
  expect(statSync(newest()).mtimeMs).toBe(made);

  // A table of commands, a manifest, and a source of which nothing but a type is taken.
  const table = "tools/operations/src/gateway-admin/tool.ts";
  edit(table, (text) => text.replace("Look after a gateway", "Look after it"));
  expect(start("gateway-admin", "--help").out).toContain("Look after it");
  const second = bundle();
  edit("tools/operations/package.json", (text) => text.replace('"0.1.0"', '"0.1.1"'));
  expect(start("gateway-admin", "--version").out).toBe("gateway-admin 0.1.1\n");
  expect(bundle()).not.toBe(second);

  // What defines a command, and a schema of another package that it loads when it has its response.
  edit("tools/operations/src/gateway-admin/status/status.ts", (text) =>
    text.replace("Shows the replica", "Names the replica"),
  );
  expect(start("gateway-admin", "status", "--help").out).toContain("Names the replica");
  expect(start("gateway-admin", "completion", "fish").code).toBe(0);
  const third = bundle();
  edit("services/gateway/src/api/status/responses.ts", (text) => `${text}\n// Edited.\n`);
  expect(start("gateway-admin", "status", "--help").code).toBe(0);
  expect(start("gateway-admin", "status", "--wrong").code).toBe(2);
  // Neither needs it.
  expect(bundle()).toBe(third);
  expect(start("gateway-admin", "completion", "fish").code).toBe(0);
  expect(bundle()).not.toBe(third);

  // A bundle that was taken away, in part or whole, is made again.
  for (const path of ["", "/inputs.json", "/tools.cjs"]) {
    rmSync(inCopy(`node_modules/.cache/tools/${bundle()}${path}`), { recursive: true });
    const { code, out } = start("gateway-admin", "completion", "bash");
    expect({ path, code }).toEqual({ path, code: 0 });
    expect(out).toContain("complete -o filenames");
  }

  // A source that cannot be bundled is not covered up by an older bundle.
  edit(table, (text) => `${text}\nthis is no TypeScript`);
  const broken = start("gateway-admin", "--version");
  expect(broken.code).not.toBe(0);
  expect(broken.err).toContain("SyntaxError");
  edit(table, (text) => text.replace("\nthis is no TypeScript", ""));

  // Without what development needs, the sources run.
  edit(table, (text) => text.replace("Look after it", "Look after this"));
  renameSync(inCopy("node_modules/rolldown"), inCopy("node_modules/not-rolldown"));
  const last = bundle();
  expect(start("gateway-admin", "--help").out).toContain("Look after this");
  expect(bundle()).toBe(last);
  renameSync(inCopy("node_modules/not-rolldown"), inCopy("node_modules/rolldown"));
});

it("what is packed is installed alone, and every command line of it helps and completes [CLI-5]", () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-tools-"));
  const npm = (where: string, ...args: string[]) =>
    execFileSync("npm", [...args, "--no-audit", "--no-fund", "--offline"], { cwd: where, encoding: "utf8" });
  try {
    const stage = join(folder, "stage");
    const script = `await (await import(${JSON.stringify(join(ROOT, "scripts/packages/build-tools.ts"))})).buildTools(process.argv[1]);`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", script, stage]);
    npm(stage, "pack", "--pack-destination", folder);
    writeFileSync(join(folder, "package.json"), "{}");
    npm(folder, "install", "--ignore-scripts", "./sark-operations-0.1.0.tgz");
    const installed = join(folder, "node_modules/@sark/operations");
    expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "@sark",
    ]);
    const notices = readFileSync(join(installed, "bundle/THIRD-PARTY-NOTICES"), "utf8");
    for (const name of ["@stricli/core", "pg", "zod"]) {
      expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
    }
    for (const { name } of TOOLS) {
      const { status, stdout, stderr } = spawnSync(join(folder, "node_modules/.bin", name), ["--help"], {
        encoding: "utf8",
        env: { PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^USAGE$/m);
    }
    const started = (...args: string[]) => run(join(installed, "bundle/gateway-admin.cjs"), ...args);
    expect(started("completion", "bash").out).toContain("gateway-admin siem quarantine");
    // Its own dashboards are found: what is missing is the token.
    const pushed = started("dashboards", "push", "--grafana", "http://127.0.0.1:9");
    expect(pushed.err).toContain("GRAFANA_TOKEN");
    // npm installs it beside any Node.js.
    const older = `Object.defineProperty(process.versions, "node", { value: "20.19.0" })`;
    const file = join(installed, "bundle/gateway-admin.cjs");
    expect(run("-e", `${older}; require(${JSON.stringify(file)})`)).toEqual({
      code: 3,
      out: "",
      err: "gateway-admin: needs Node.js 24 or later, and this is 20.19.0.\n",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
