import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PolicyCandidate, PolicyCase, PolicyWorkbench } from "../../domain/policy-sets.ts";
import { createCedarEngine, type CedarEngine } from "../cedar/cedar-engine.ts";
import { createPolicyDirectory, type PolicyDirectory } from "../testing/policy-directory.ts";
import { query } from "../testing/queries.ts";
import { createRecordingObserver, type RecordingObserver } from "../testing/recording-observer.ts";
import { createCedarWorkbench } from "./cedar-workbench.ts";

const PERMIT = '@id("permit") permit (principal, action, resource);\n';
const SCHEMA = `entity User; entity Tool;
action "gateway:tool:invoke" appliesTo { principal: [User], resource: [Tool], context: { parameters?: { n?: Long } } };
`;

let directory: PolicyDirectory;
let observer: RecordingObserver;
let engine: CedarEngine;
let workbench: PolicyWorkbench;
const controller = () => new AbortController().signal;

beforeEach(async () => {
  directory = await createPolicyDirectory({ "a.cedar": PERMIT });
  observer = createRecordingObserver();
  engine = await createCedarEngine({ directory: directory.path, observer, timeoutMs: 60_000, pollMs: 200 });
  workbench = createCedarWorkbench(engine);
});
afterEach(async () => {
  await engine.close();
  await directory.destroy();
});

function files(texts: Record<string, string>, standsAlone = false): PolicyCandidate {
  return {
    kind: "files",
    files: new Map(Object.entries(texts)),
    shares: standsAlone ? [] : ["schema", "entities"],
  };
}

function asked(over: Partial<PolicyCase> = {}, context: unknown = { parameters: { n: 1 } }): PolicyCase {
  const { context: _context, ...rest } = query();
  return {
    query: rest,
    context: JSON.stringify(context),
    time: Date.now(),
    unknown: [],
    fidelity: "as_sent",
    ...over,
  };
}

async function evaluated(candidate: PolicyCandidate, ...cases: PolicyCase[]) {
  const set = await workbench.open(candidate, controller());
  const results = await set.evaluate(cases);
  await set.close();
  return results;
}

describe("a Cedar policy set on trial [GTW-11]", () => {
  it("decides, and what is in force decides as before and was told of nothing", async () => {
    const before = engine.status();
    const forbid = files({
      "a.cedar": '@id("no") @reason("Not now.") forbid (principal, action, resource);',
    });
    expect(await evaluated(forbid, asked())).toMatchObject([
      { allow: false, code: "denied_by_policy", policies: ["no"], reason: "Not now." },
    ]);
    expect(await evaluated({ kind: "in_force" }, asked())).toMatchObject([
      { allow: true, policies: ["permit"] },
    ]);
    expect(engine.status()).toEqual(before);
    expect(observer.seen("decided")).toEqual([]);
    expect(observer.seen("loaded")).toHaveLength(1);
    expect((await engine.decide(query())).allow).toBe(true);
  });

  it("has the revision that it will have in force", async () => {
    const text = '@id("next") permit (principal, action, resource);\n';
    const revision = workbench.revisionOf(files({ "a.cedar": text }));
    await directory.write("a.cedar", text);
    await vi.waitFor(() => expect(engine.status().revision).toBe(revision));
    expect(workbench.inForce()).toMatchObject({
      revision,
      policies: [{ id: "next", file: "a.cedar", line: 1, reason: null }],
      failure: null,
    });
  });

  it("says what is wrong in each file, with its line", async () => {
    const broken = files({
      "a.cedar": "permit (principal, action, resource)\nwhen { true ;",
      "b.cedar": PERMIT,
      "c.cedar": `\n\n@id("x y*") permit (principal, action, resource);`,
    });
    await expect(workbench.open(broken, controller())).rejects.toMatchObject({
      kind: "invalid",
      problems: [
        { file: "a.cedar", line: 2 },
        { file: "c.cedar", line: 3 },
      ],
    });
  });

  it("counts by the schema in force, unless it brings one or stands alone", async () => {
    await directory.write("schema.cedarschema", SCHEMA);
    await vi.waitFor(() => expect(engine.folder.current()?.files.schema).toContain("entity User"));
    const misspelt = {
      "a.cedar": 'permit (principal, action, resource)\nwhen { context.parametres has "n" };',
    };
    await expect(workbench.open(files(misspelt), controller())).rejects.toMatchObject({
      kind: "invalid",
      problems: [{ file: "a.cedar", line: 2 }],
    });
    const alone = await workbench.open(files(misspelt, true), controller());
    await alone.close();
    const other = SCHEMA.replace("parameters?", "parametres: { n?: Long }, parameters?");
    const own = await workbench.open(files({ ...misspelt, "schema.cedarschema": other }), controller());
    await own.close();
  });

  it("keeps every digit of what it is asked about", async () => {
    const exact = files({
      "a.cedar": "permit (principal, action, resource) when { context.parameters.n == 9007199254740993 };",
    });
    const about = (n: string): PolicyCase => ({ ...asked(), context: `{"parameters":{"n":${n}}}` });
    const results = await evaluated(exact, about("9007199254740993"), about("9007199254740992"));
    expect(results).toMatchObject([{ allow: true }, { allow: false }]);
  });

  it("does not guess what it can see and is not told", async () => {
    const byArgument = files({
      "a.cedar": `permit (principal, action, resource);
        forbid (principal, action, resource) when { context has parameters && context.parameters has account && context.parameters.account == "x" };`,
    });
    const hidden = { parameters: { account: "[redacted]", other: "y" } };
    const elsewhere = { parameters: { account: "z", other: "[redacted]" } };
    const replaced = { parameters: { account: "\u{FFFD}" } };
    const hiddenKey = { parameters: { "Bearer [redacted]": 1 } };
    expect(
      await evaluated(
        byArgument,
        asked({ unknown: ["arguments"] }),
        asked({ unknown: ["principal"] }),
        asked({ unknown: ["params", "envelope"] }),
        asked({ fidelity: "redacted" }, hidden),
        asked({ fidelity: "redacted" }, elsewhere),
        asked({ fidelity: "redacted" }, hiddenKey),
        asked({ fidelity: "recorded" }, replaced),
        asked({ fidelity: "as_sent" }, replaced),
      ),
    ).toMatchObject([
      { kind: "unknown", fact: "arguments" },
      { kind: "unknown", fact: "principal" },
      { kind: "decided", allow: true },
      { kind: "unknown", fact: "redacted" },
      { kind: "decided", allow: true },
      { kind: "unknown", fact: "redacted" },
      { kind: "unknown", fact: "replaced_text" },
      { kind: "decided", allow: true },
    ]);
    const whole = files({ "a.cedar": "permit (principal, action, resource) when { context == context };" });
    expect(await evaluated(whole, asked({ unknown: ["envelope"] }))).toMatchObject([{ fact: "envelope" }]);
    const byMeta = files({
      "a.cedar": "permit (principal, action, resource) when { context.params has _meta };",
    });
    expect(await evaluated(byMeta, asked({ unknown: ["envelope"] }))).toMatchObject([{ fact: "envelope" }]);
    const byRestContext = files({
      "a.cedar": "permit (principal, action, resource) when { context has office };",
    });
    expect(await evaluated(byRestContext, asked({ unknown: ["context"] }))).toMatchObject([
      { fact: "context" },
    ]);
  });

  it("sees the time that it is asked about, to the minute", async () => {
    const timed = files({
      "a.cedar":
        'permit (principal, action, resource) when { context.time == datetime("2026-07-28T09:10:00Z") };',
    });
    const at = (time: string) => asked({ time: Date.parse(time) });
    expect(await evaluated(timed, at("2026-07-28T09:10:59Z"), at("2026-07-28T09:11:00Z"))).toMatchObject([
      { allow: true },
      { allow: false },
    ]);
  });

  it("ends at once when it is not wanted any more, and refuses what is OPA's", async () => {
    const leaving = new AbortController();
    const set = await workbench.open({ kind: "in_force" }, leaving.signal);
    const many = Array.from({ length: 20_000 }, () => asked());
    const results = set.evaluate(many);
    leaving.abort(new Error("the client left"));
    await expect(results).rejects.toThrow("the client left");
    await expect(set.evaluate([asked()])).rejects.toThrow("the client left");
    await expect(workbench.open({ kind: "in_force" }, leaving.signal)).rejects.toThrow("the client left");
    await expect(workbench.open({ kind: "opa_path", path: "a" }, controller())).rejects.toMatchObject({
      kind: "unsupported",
    });
  });
});
