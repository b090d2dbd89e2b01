import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakeGrafana, type FakeGrafana } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCaptured, type Said } from "../../testing/run-captured.ts";
import { gatewayAdminTool } from "../tool.ts";

const TOKEN = "glsa_planted-token";
const OWN = join(import.meta.dirname, "../../../../../monitoring/grafana/dashboards");
const UIDS = readdirSync(OWN).map((file) => `sark-${file.replace(/\.json$/, "")}`);
let grafana: FakeGrafana;
let folder: string;
beforeEach(async () => {
  grafana = await startFakeGrafana(TOKEN);
  folder = mkdtempSync(join(tmpdir(), "sark-dashboards-"));
});
afterEach(async () => {
  await grafana.close();
  rmSync(folder, { recursive: true });
});

const push = (args: readonly string[] = [], env: Record<string, string> = {}): Promise<Said> =>
  runCaptured(gatewayAdminTool, ["dashboards", "push", ...args], {
    env: { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: TOKEN, ...env },
  });
const writes = () => grafana.asked.filter((request) => request.startsWith("POST"));
/** Where a constant of a dashboard in Grafana leads. */
function constant(uid: string, name: string): unknown {
  const { templating } = grafana.dashboards.get(uid)!.dashboard as {
    templating: { list: { name: string; query: unknown }[] };
  };
  return templating.list.find((variable) => variable.name === name)?.query;
}
const UID = "sark-gateway-integration";
const FILE = join(OWN, "gateway-integration.json");

describe("gateway-admin dashboards push", () => {
  it("makes the folder and puts every dashboard there as it is in its file [DSH-1] [DSH-5]", async () => {
    const { code, out } = await push();
    expect(code).toBe(0);
    expect(out.split("\n").filter((line) => line.startsWith("created: "))).toHaveLength(UIDS.length);
    expect([...grafana.folders]).toEqual([["sark", "SARK"]]);
    expect([...grafana.dashboards.keys()].toSorted()).toEqual(UIDS.toSorted());
    const { dashboard, folderUid, message } = grafana.dashboards.get(UID) ?? {};
    expect(dashboard).toEqual({
      ...(JSON.parse(readFileSync(FILE, "utf8")) as object),
      id: expect.any(Number) as number,
      version: 1,
    });
    expect({ folderUid, message }).toEqual({ folderUid: "sark", message: "gateway-admin dashboards push" });
  });

  it("changes nothing a second time, and what differs only", async () => {
    await push();
    const first = writes().length;
    expect((await push()).out).not.toMatch(/created|updated/);
    expect(writes()).toHaveLength(first);

    const changed = join(folder, "changed.json");
    const text = readFileSync(FILE, "utf8").replace("Authorization Requests", "Requests for Authorization");
    writeFileSync(changed, text);
    expect(await push([folder])).toMatchObject({ code: 0, out: "updated: SARK Gateway Integration\n" });
    expect(grafana.dashboards.get(UID)?.dashboard).toMatchObject({ version: 2 });
  });

  it("moves a dashboard that lies in another folder", async () => {
    grafana.keep(JSON.parse(readFileSync(FILE, "utf8")) as Record<string, unknown>);
    expect((await push([FILE])).out).toMatch(/^updated/);
    expect(grafana.dashboards.get(UID)?.folderUid).toBe("sark");
  });

  it("has links lead where it is told to, and afterwards where they led", async () => {
    const gateway = "https://gateway.example.com";
    await push(["--gateway-url", `${gateway}/`, "--runbooks-url", "https://docs.example.org/x", FILE]);
    expect(constant(UID, "gateway")).toBe(gateway);
    expect(await push([FILE])).toMatchObject({ out: "unchanged: SARK Gateway Integration\n" });
    expect((await push(["--gateway-url", "https://other.example.com", FILE])).out).toMatch(/^updated/);
    expect([constant(UID, "gateway"), constant(UID, "runbooks")]).toEqual([
      "https://other.example.com",
      "https://docs.example.org/x",
    ]);
  });

  it("says what it would do, and does it not", async () => {
    const { out } = await push(["--dry-run", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ dry_run: true, dashboards: { length: UIDS.length } });
    expect(writes()).toEqual([]);
  });

  it.each([
    ["of others", { uid: UID, title: "Theirs", tags: ["ours"] }, {}, /another dashboard of uid/],
    ["without tags", { uid: UID, title: "Theirs", tags: null }, {}, /another dashboard of uid/],
    ["of a file", { uid: UID, title: "x", tags: ["sark"] }, { provisioned: true }, /from a file/],
  ])("leaves a dashboard %s as it is", async (_whose, theirs, place, problem) => {
    grafana.keep(theirs, place);
    const { code, err } = await push([FILE]);
    expect(err).toMatch(problem);
    expect(code).toBe(3);
    expect(grafana.dashboards.get(UID)?.dashboard).toMatchObject(theirs);
  });

  it("takes the token from a file first, and says it to no one", async () => {
    const file = join(folder, "token");
    writeFileSync(file, `${TOKEN}\n`);
    const { code, out, err } = await push(["--token-file", file, FILE], { GRAFANA_TOKEN: "wrong" });
    expect(code).toBe(0);
    expect(out + err).not.toContain(TOKEN);
    const refused = await push([FILE], { GRAFANA_TOKEN: "wrong-token" });
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining("Invalid API key") as string });
    expect(refused.err).not.toContain("wrong-token");
  });

  it.each([
    ["no Grafana", [], { GRAFANA_URL: "" }, /Say --grafana/],
    ["no token", [], { GRAFANA_TOKEN: "" }, /Say --token-file/],
    ["a token of two lines", [], { GRAFANA_TOKEN: "a\r\nx-evil: b" }, /holds no token/],
    ["a token file that is not there", ["--token-file", "/nowhere/token"], {}, /ENOENT/],
    [
      "a password in the URL",
      ["--grafana", "http://me:secret@127.0.0.1:1"],
      {},
      /more than a place, such as a user or a query/,
    ],
    ["a script as a link", ["--gateway-url", "javascript:alert(1)"], {}, /should look like/],
    ["a folder of strange name", ["--folder-uid", "a/../b"], {}, /use 1 to 40 letters/],
    ["a path that is not there", ["/nowhere"], {}, /ENOENT/],
  ])("refuses %s as a wrong command line", async (_what, args, env, problem) => {
    const { code, err } = await push(args, env);
    expect(err).toMatch(problem);
    expect(err).not.toContain("secret");
    expect(code).toBe(2);
    expect(grafana.asked).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["no dashboard", "{}"],
    [
      "a uid that Grafana does not take",
      `{"uid":"${"x".repeat(41)}","title":"t","tags":[],"templating":{"list":[]}}`,
    ],
  ])("refuses a file with %s before anything is asked", async (_what, text) => {
    const file = join(folder, "a.json");
    writeFileSync(file, text);
    expect(await push([file])).toMatchObject({
      code: 2,
      err: expect.stringContaining("is no dashboard") as string,
    });
    expect(grafana.asked).toEqual([]);
  });

  it("says that nothing is there, and follows no redirection with its token", async () => {
    expect((await push([FILE], { GRAFANA_URL: "http://127.0.0.1:9" })).err).toMatch(/No Grafana responds/);
    expect((await push([FILE], { GRAFANA_URL: "http://127.0.0.1:9" })).code).toBe(3);
  });
});
