import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const BIN = join(import.meta.dirname, "../../tools/operations/bin");

/** What cron starts of a tool on a machine with Node.js 20: this one, which says that it is. */
function byPath(tool: string, ...args: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "sark-older-node-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const older = join(folder, "older.cjs");
  writeFileSync(
    older,
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`,
  );
  return ["--require", older, join(BIN, `${tool}.cjs`), ...args];
}

const env = { PATH: process.env["PATH"] };
const startByPath = (tool: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, byPath(tool, ...args), { encoding: "utf8", env });

it("tools of a clone run by the project's own Node.js where the machine's is older, with its exit code [CLI-3]", () => {
  const help = startByPath("health-check", "--help");
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("EXIT CODES");
  const wrong = startByPath("gateway-admin", "no-such-command");
  expect(wrong.status).toBe(2);
  expect(wrong.stdout).toBe("");
  expect(wrong.stderr).toContain("no-such-command");
});

it("a tool that goes on ends with the process that a monitor ends [CLI-3]", async () => {
  const watch = byPath("health-check", "--watch", "--url", "http://127.0.0.1:9");
  const started = spawn(process.execPath, watch, { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void started.kill("SIGKILL"));
  await Promise.race([once(started.stdout, "data"), once(started.stderr, "data")]);
  started.kill("SIGTERM");
  started.stdout.resume();
  started.stderr.resume();
  // Its streams are the tool's, too: they are closed when both have ended.
  const [code, signal] = (await once(started, "close")) as [number | null, string | null];
  expect([code, signal]).toEqual([2, null]);
});
