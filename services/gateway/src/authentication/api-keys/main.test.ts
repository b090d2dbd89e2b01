import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openApiKeyStore } from "./api-key-store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "api-key-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(import.meta.dirname, "main.ts"), ...args],
      { cwd: folder },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe("npm run api-key", () => {
  it("adds a key that works, and prints nothing else to stdout", async () => {
    const who = ["--id", "bot-1", "--principal", "bot", "--agent", "--role", "a", "--role", "b"];
    const { code, stdout } = await run(
      ...who,
      "--tenant",
      "t",
      "--attribute",
      "trust_level=trusted",
      "--days",
      "90",
    );
    expect(code).toBe(0);
    const observer = {
      apiKeysLoaded() {},
      apiKeysLoadFailed() {},
      signingKeysFetchFailed() {},
      signingKeyFileChanged() {},
    };
    const store = await openApiKeyStore({ file: join(folder, ".sark/api-keys.json"), observer });
    expect(store.authenticate(stdout.trim()).principal).toMatchObject({
      id: "bot",
      type: "agent",
      roles: ["a", "b"],
      tenant: "t",
      attributes: { trust_level: "trusted" },
    });
    store.close();
    expect(await run(...who)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("twice") as string,
    });
  });

  it.each([
    ["SARK_DATA_DIRECTORY", "data", "data/api-keys.json"],
    ["SARK_AUTHENTICATION_API_KEYS_FILE", "keys/all.json", "keys/all.json"],
  ])("adds to the file that a gateway with this %s reads", async (variable, value, file) => {
    vi.stubEnv(variable, value);
    try {
      expect(await run("--id", "a", "--principal", "b")).toMatchObject({ code: 0 });
    } finally {
      vi.unstubAllEnvs();
    }
    expect(JSON.parse(await readFile(join(folder, file), "utf8"))).toMatchObject({ keys: [{ id: "a" }] });
  });

  it.each([
    [["--id", "a"], "--principal are required"],
    [["--id", "a", "--principal", "b", "--days", "soon"], "--days soon"],
    [["--id", "a", "--principal", "b", "--attribute", "x"], "--attribute x"],
    [["--colour", "red"], "--colour"],
  ])("says how to use it: %j", async (args, problem) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(problem);
    expect(stderr).toContain("Usage: npm run api-key");
  });
});
