import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { gatewayAdminTool } from "../gateway-admin/tool.ts";
import { runCaptured } from "../testing/run-captured.ts";
import { readProfile } from "./profiles.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-profiles-"));
  file = join(folder, "profiles.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (profiles: unknown, mode = 0o600) => {
  writeFileSync(file, JSON.stringify({ profiles }));
  chmodSync(file, mode);
};
const read = (name: string) => readProfile(name, { SARK_PROFILES: file });
const SECRET = "planted-secret";

it("a profile names a gateway, with a key file beside the profiles [CLI-5]", () => {
  write({ staging: { url: "https://a", keyFile: "staging.key", prometheus: "https://p" } }, 0o644);
  expect(read("staging")).toEqual({
    url: "https://a",
    keyFile: join(folder, "staging.key"),
    prometheus: "https://p",
  });
});

it("a file with a key that others may read is refused, for each of its profiles [CLI-5]", () => {
  write({ staging: { url: "https://a" }, production: { apiKey: SECRET } }, 0o640);
  expect(() => read("staging")).toThrow(/others may read it: chmod 600/);
  chmodSync(file, 0o600);
  expect(read("production").apiKey).toBe(SECRET);
});

it.each([
  ["no JSON", `{"profiles": {"a": {"apiKey": "${SECRET}"}`],
  ["no profiles", "[]"],
  ["an unknown member", JSON.stringify({ profiles: { a: { key: SECRET } } })],
  ["a key that is no text", JSON.stringify({ profiles: { a: { apiKey: [SECRET] } } })],
  ["a profile that is no object", JSON.stringify({ profiles: { a: SECRET } })],
])("%s is said without what the file holds [CLI-5]", (_what, text) => {
  writeFileSync(file, text);
  expect(() => read("a")).toThrow(/should look like/);
  expect(() => read("a")).toThrow(expect.not.stringContaining(SECRET) as never);
});

it("of an unknown profile those that there are are named [CLI-5]", () => {
  write({ staging: {}, production: {} });
  expect(() => read("prod")).toThrow('has no profile "prod". It has: staging, production.');
  expect(() => readProfile("x", { SARK_PROFILES: join(folder, "none") })).toThrow(/ENOENT/);
});

it("the gateway of a profile is sent the key of that profile, and no other [CLI-5]", async () => {
  write({ staging: { url: "https://127.0.0.1:9" } });
  // Neither that of the variable nor that which a gateway on this machine has made: a loopback address may be that of a tunnel.
  writeFileSync(join(folder, "admin.key"), SECRET, { mode: 0o600 });
  const env = {
    SARK_PROFILES: file,
    SARK_DATA_DIRECTORY: folder,
    GATEWAY_URL: "http://127.0.0.1:8",
    GATEWAY_API_KEY: SECRET,
  };
  const said = await runCaptured(gatewayAdminTool, ["status", "--profile", "staging"], { env });
  expect(said).toMatchObject({ code: 2, out: "" });
  expect(said.err).toContain("The profile staging names no key");
});
