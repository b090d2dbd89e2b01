import { hash } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCaptured } from "../../testing/run-captured.ts";
import { gatewayAdminTool } from "../tool.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "api-keys-"));
  file = join(folder, "data", "api-keys.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const apiKeys = (
  args: readonly string[],
  env: Record<string, string> = { SARK_DATA_DIRECTORY: join(folder, "data") },
) => runCaptured(gatewayAdminTool, ["api-keys", ...args], { env });
const issue = (id: string, ...more: string[]) =>
  apiKeys(["issue", "--id", id, "--principal", "alice", ...more]);

async function content() {
  return JSON.parse(await readFile(file, "utf8")) as {
    keys: { id: string; sha256: string; expires: string | null }[];
  };
}

describe("gateway-admin api-keys issue", () => {
  it("adds a key, and prints nothing else to stdout [CLI-1] [CLI-5]", async () => {
    const { code, out, err } = await apiKeys([
      "issue",
      "--id=bot-1",
      "--principal=bot",
      "--agent",
      "--role=a",
      "--role=b",
      "--tenant=t",
      "--attribute=trust_level=trusted",
      "--attribute=x=a=b",
      "--days=90",
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^sark_[0-9A-Za-z]{46}\n$/);
    expect(err).toBe(`Added to ${file}. It cannot be shown again:\n`);
    const { keys } = await content();
    expect(keys).toMatchObject([
      {
        id: "bot-1",
        sha256: hash("sha256", out.trim(), "hex"),
        principal: "bot",
        type: "agent",
        roles: ["a", "b"],
        tenant: "t",
        attributes: { trust_level: "trusted", x: "a=b" },
      },
    ]);
    expect(Date.parse(keys[0]?.expires ?? "") - Date.now()).toBeGreaterThan(89 * 86_400_000);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("gives an id once: another key needs another one", async () => {
    expect(await issue("laptop")).toMatchObject({ code: 0 });
    expect(await issue("laptop")).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining('There is a key "laptop"') as string,
    });
    expect((await content()).keys).toHaveLength(1);
  });

  it.each([
    ["SARK_DATA_DIRECTORY", "data", "data/api-keys.json"],
    ["SARK_AUTHENTICATION_API_KEYS_FILE", "keys/all.json", "keys/all.json"],
  ])("adds to the file that a gateway with this %s reads", async (variable, value, expected) => {
    const env = { [variable]: join(folder, value) };
    expect(await apiKeys(["issue", "--id", "a", "--principal", "b"], env)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(join(folder, expected), "utf8"))).toMatchObject({ keys: [{ id: "a" }] });
  });

  it("refuses a scope for a key that could do what no scope bounds [GTW-1]", async () => {
    const { code, err } = await issue("a", "--role", "admin", "--scope", "github");
    expect(code).toBe(3);
    expect(err).toContain("a key with a scope is for calls alone, and cannot have the role admin");
  });

  it.each([
    ["--tenant", "acme "],
    ["--tenant", "ac\u200bme"],
    ["--tenant", "\uff41cme"],
    ["--tenant", "\u0430cme"],
    ["--role", " admin"],
    ["--role", "admin\n"],
    ["--principal", "alice\u00a0"],
  ])(
    "refuses %s %j, which looks like another name, and writes nothing [GTW-1] [GTW-12]",
    async (flag, name) => {
      const named = flag === "--principal" ? [flag, name] : ["--principal", "alice", flag, name];
      const { code, err, out } = await apiKeys(["issue", "--id", "odd", ...named]);
      expect({ code, out }).toEqual({ code: 3, out: "" });
      expect(err).toMatch(/must (?:not |be )/);
      await expect(readFile(file)).rejects.toThrow("ENOENT");
    },
  );

  it("adds to the file that --file names", async () => {
    const other = join(folder, "other.json");
    expect(await issue("a", "--file", other)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(other, "utf8"))).toMatchObject({ keys: [{ id: "a" }] });
  });

  it.each([
    [["--id", "a"], "principal"],
    [["--id", "a", "--principal", "b", "--days", "soon"], "soon"],
    [["--id", "a", "--principal", "b", "--days", "0"], "36500"],
    [["--id", "a", "--principal", "b", "--days", "36501"], "36500"],
    [["--id", "a", "--principal", "b", "--days", ""], "36500"],
    [["--id", "a", "--principal", "b", "--attribute", "x"], "NAME=VALUE"],
    [["--colour", "red"], "colour"],
    [["--id", "a", "--principal", "b", "--scope", "github/*"], "no patterns"],
    [["--id", "a", "--principal", "b", "--scope", "/search"], "SERVER/TOOL"],
    [["--id", "a", "--principal", "b", "--scope", "github/"], "SERVER/TOOL"],
    [["--id", "a", "--principal", "b", "--scope", "github", "--scope", "github/x"], "say which"],
  ])("ends with 2 and says what is wrong: %j [CLI-5]", async (args, problem) => {
    const { code, out, err } = await apiKeys(["issue", ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(problem);
  });

  it("keeps every key of commands that run at once, and brings none back that another one revokes", async () => {
    await issue("old");
    const ids = Array.from({ length: 8 }, (_, at) => `key-${at}`);
    const said = await Promise.all([...ids.map((id) => issue(id)), apiKeys(["revoke", "old", "--yes"])]);
    expect(said.map(({ code }) => code)).toEqual(Array.from({ length: 9 }, () => 0));
    expect((await content()).keys.map(({ id }) => id).toSorted()).toEqual(ids);
  });
});

describe("gateway-admin api-keys list", () => {
  it("shows keys, and nothing that is secret [CLI-1] [CLI-5]", async () => {
    await issue("laptop", "--role", "developer", "--tenant", "acme");
    // So short that it is over with the millisecond in which it begins.
    await issue("robot", "--agent", "--days", "1e-12");
    const { out } = await vi.waitFor(async () => {
      const listed = await apiKeys(["list"]);
      expect(listed).toMatchObject({ code: 0, out: expect.stringContaining("(expired)") as string });
      return listed;
    });
    expect(out).toMatch(/^ID +PRINCIPAL +ROLES +TENANT +SCOPE +CREATED +EXPIRES +LAST USED\n/);
    expect(out).toMatch(/^laptop +user alice +developer +acme +\S+Z +never$/m);
    expect(out).toMatch(/^robot +agent alice +\S+Z +\S+Z \(expired\)$/m);
    const asJson = await apiKeys(["list", "--json"]);
    expect(JSON.parse(asJson.out)).toMatchObject({
      keys: [
        { id: "laptop", principal: "alice", roles: ["developer"], tenant: "acme", expired: false },
        { id: "robot", type: "agent", expired: true },
      ],
    });
    for (const { sha256 } of (await content()).keys) {
      expect(out + asJson.out).not.toContain(sha256);
    }
  });

  it("says that there are none, and ends with 3 where there is no file, or others can read it [CLI-5]", async () => {
    expect(await apiKeys(["list"])).toMatchObject({ code: 3, out: "" });
    await issue("laptop");
    await apiKeys(["revoke", "laptop", "--yes"]);
    expect(await apiKeys(["list"])).toMatchObject({ code: 0, out: `There are no keys in ${file}.\n` });
    await chmod(file, 0o644);
    expect(await apiKeys(["list"])).toMatchObject({
      code: 3,
      err: expect.stringContaining("chmod 600") as string,
    });
    expect(await issue("other")).toMatchObject({ code: 3 });
  });
});

describe("gateway-admin api-keys rotate", () => {
  it("prints a new key, and the list shows both with their last use [CLI-1] [GTW-1]", async () => {
    const old = (
      await issue("laptop", "--scope", "github/search", "--scope", "files", "--days", "30")
    ).out.trim();
    const rotated = await apiKeys(["rotate", "laptop", "--overlap", "24h", "--days", "90"]);
    expect(rotated).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^sark_[0-9A-Za-z]{46}\n$/) as string,
    });
    expect(rotated.err).toMatch(
      /^The key before of laptop is good until \S+Z\. The new one cannot be shown again:\n$/,
    );
    const used = { version: 1, used: { [hash("sha256", old, "hex")]: "2026-01-02T03:04:05.000Z" } };
    await writeFile(`${file}.used`, JSON.stringify(used), { mode: 0o600 });
    const { out } = await apiKeys(["list"]);
    expect(out).toMatch(/^laptop +user alice +github\/search, files +\S+Z +\S+Z$/m);
    expect(out).toMatch(
      /^laptop +user alice +github\/search, files +\(rotated\) +\S+Z +2026-01-02T03:04:05.000Z$/m,
    );
    const { keys } = JSON.parse((await apiKeys(["list", "--json"])).out) as { keys: unknown[] };
    expect(keys).toMatchObject([
      {
        id: "laptop",
        scope: [
          { server: "github", tools: ["search"] },
          { server: "files", tools: null },
        ],
        last_used: null,
        previous: [{ expired: false, last_used: "2026-01-02T03:04:05.000Z" }],
      },
    ]);
  });

  it("ends the key before at once where that is asked for [CLI-1]", async () => {
    await issue("laptop");
    expect((await apiKeys(["rotate", "laptop", "--overlap", "0s"])).err).toContain(
      "is refused within seconds",
    );
    expect((await content()).keys).toMatchObject([{ id: "laptop", previous: [] }]);
  });

  it.each([
    [["phone"], "no key"],
    [["laptop", "--overlap", "24"], "24"],
    [["laptop", "--overlap", "soon"], "soon"],
    [["laptop", "--days", "0"], "36500"],
  ])("ends with 2 and says what is wrong: %j [CLI-5]", async (args, problem) => {
    await issue("laptop");
    const { code, out, err } = await apiKeys(["rotate", ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(problem);
  });
});

describe("gateway-admin api-keys revoke", () => {
  it("takes the key out of the file, and no other one [CLI-1]", async () => {
    await issue("laptop");
    await issue("phone");
    expect(await apiKeys(["revoke", "laptop", "--yes"])).toEqual({
      code: 0,
      out: "laptop is revoked; a gateway that runs refuses it within seconds.\n",
      err: "",
    });
    expect((await content()).keys.map(({ id }) => id)).toEqual(["phone"]);
  });

  it.each([["nothing"], ["PHONE"], ["phone "], [""]])(
    "ends with 2 for %j, which is no key [CLI-5]",
    async (id) => {
      await issue("phone");
      expect(await apiKeys(["revoke", id, "--yes"])).toMatchObject({ code: 2, out: "" });
      expect((await content()).keys).toHaveLength(1);
    },
  );
});
