import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const BIN = join(import.meta.dirname, "../../tools/operations/bin");

/** A tool as cron starts it on a machine with Node.js 20: this one, which says that it is. */
function startByPath(tool: string, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "sark-older-node-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const older = join(folder, "older.cjs");
  writeFileSync(
    older,
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`,
  );
  return spawnSync(process.execPath, ["--require", older, join(BIN, `${tool}.cjs`), ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
}

it("tools of a clone run by the project's own Node.js where the machine's is older, with its exit code [CLI-3]", () => {
  const help = startByPath("health-check", "--help");
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("EXIT CODES");
  const wrong = startByPath("gateway-admin", "no-such-command");
  expect(wrong.status).toBe(2);
  expect(wrong.stdout).toBe("");
  expect(wrong.stderr).toContain("no-such-command");
});
