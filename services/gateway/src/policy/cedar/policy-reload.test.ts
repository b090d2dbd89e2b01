import { execFileSync } from "node:child_process";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CacheableEngine } from "../decisions.ts";
import { createPolicyDirectory, type PolicyDirectory } from "../testing/policy-directory.ts";
import { query } from "../testing/queries.ts";
import { createRecordingObserver, type RecordingObserver } from "../testing/recording-observer.ts";
import { createCedarEngine } from "./cedar-engine.ts";

const PERMIT = '@id("permit") permit(principal, action, resource);\n';
const FORBID = '@id("forbid") forbid(principal, action, resource);\n';
const BROKEN = "\npermit(principal, action";
const WAIT = { timeout: 30_000 };

let directory: PolicyDirectory;
let observer: RecordingObserver;
let engine: CacheableEngine;

beforeEach(async () => {
  directory = await createPolicyDirectory({ "a.cedar": PERMIT });
  observer = createRecordingObserver();
  engine = await createCedarEngine({ directory: directory.path, observer, timeoutMs: 60_000, pollMs: 200 });
});
afterEach(async () => {
  await engine.close();
  await directory.destroy();
});

async function expectPolicies(...policies: string[]): Promise<void> {
  await vi.waitFor(async () => expect((await engine.decide(query())).policies).toEqual(policies), WAIT);
}

describe("reload of policies", () => {
  it("follows edits in place, replaced files, new and removed ones", async () => {
    const first = engine.status().revision;
    await directory.write("a.cedar", FORBID);
    await expectPolicies("forbid");
    await directory.replace("a.cedar", PERMIT);
    await expectPolicies("permit");
    // The revision is that of the contents, so that an edit taken back is the old revision.
    expect(engine.status().revision).toBe(first);
    await directory.write("b.cedar", FORBID);
    await expectPolicies("forbid");
    expect(engine.status().policies).toBe(2);
    await directory.remove("b.cedar");
    await expectPolicies("permit");
    expect(observer.seen("loaded").map(({ policies }) => policies)).toEqual([1, 1, 1, 2, 1]);
    expect(observer.seen("loadFailed")).toEqual([]);
  });

  it("is not held up by a pipe that no program writes", async () => {
    const pipe = join(directory.path, "b.cedar");
    execFileSync("mkfifo", [pipe]);
    await vi.waitFor(() => expect(engine.status().loadError).toBe("b.cedar: is not a regular file"), WAIT);
    await rm(pipe);
    await directory.write("a.cedar", FORBID);
    await expectPolicies("forbid");
  });

  it("keeps the last good set through a broken edit, says so once, and recovers", async () => {
    const { revision } = engine.status();
    await directory.replace("a.cedar", BROKEN);
    await vi.waitFor(() => expect(engine.status().loadError).toMatch(/^a\.cedar:2: /), WAIT);
    expect(engine.status()).toMatchObject({ revision, policies: 1 });
    await engine.check(new AbortController().signal);
    expect((await engine.decide(query())).policies).toEqual(["permit"]);

    await directory.replace("a.cedar", FORBID);
    await expectPolicies("forbid");
    expect(engine.status().loadError).toBeNull();
    const failures = observer.seen("loadFailed");
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      engine: "cedar",
      file: "a.cedar",
      line: 2,
      revisionInForce: revision,
    });
  });

  it("forgets a broken edit that is taken back", async () => {
    await directory.replace("a.cedar", BROKEN);
    await vi.waitFor(() => expect(engine.status().loadError).not.toBeNull(), WAIT);
    await directory.replace("a.cedar", PERMIT);
    await vi.waitFor(() => expect(engine.status().loadError).toBeNull(), WAIT);
    expect(observer.seen("loaded")).toHaveLength(2);
    // Its being broken a second time is news again.
    await directory.replace("a.cedar", BROKEN);
    await vi.waitFor(() => expect(observer.seen("loadFailed")).toHaveLength(2), WAIT);
  });

  it("takes neither an emptied nor a vanished folder for a set, and follows one that is put in its place", async () => {
    await directory.remove("a.cedar");
    await vi.waitFor(() => expect(engine.status().loadError).toContain("no policies"), WAIT);
    expect((await engine.decide(query())).policies).toEqual(["permit"]);
    await rm(directory.path, { recursive: true });
    await vi.waitFor(() => expect(engine.status().loadError).toContain("ENOENT"), WAIT);
    expect((await engine.decide(query())).policies).toEqual(["permit"]);
    await mkdir(`${directory.path}.next`);
    await rename(`${directory.path}.next`, directory.path);
    await directory.write("a.cedar", FORBID);
    await expectPolicies("forbid");
  });

  it("takes up schema and entities, too", async () => {
    await directory.write("a.cedar", 'permit(principal in Team::"x", action, resource);');
    await vi.waitFor(() => expect(engine.status().loadError).toBeNull(), WAIT);
    await expectPolicies();
    const alice = { uid: { type: "User", id: "alice" }, attrs: {}, parents: [{ type: "Team", id: "x" }] };
    await directory.write("entities.json", JSON.stringify([alice]));
    await expectPolicies("a.cedar#1");
    // A schema that does not know the team that the policy names.
    const schema = "entity User, Tool; action go appliesTo { principal: User, resource: Tool };";
    await directory.write("schema.cedarschema", schema);
    await vi.waitFor(() => expect(engine.status().loadError).toMatch(/^a\.cedar:1: /), WAIT);
  });

  it("starts from a folder that was broken at first", async () => {
    const broken = await createPolicyDirectory({ "a.cedar": BROKEN });
    const late = await createCedarEngine({
      directory: broken.path,
      observer,
      timeoutMs: 60_000,
      pollMs: 200,
    });
    expect((await late.decide(query())).code).toBe("policy_unavailable");
    await broken.write("a.cedar", PERMIT);
    await vi.waitFor(async () => expect((await late.decide(query())).allow).toBe(true), WAIT);
    await late.close();
    await broken.destroy();
  });

  it("decides by one set or the other while it changes", async () => {
    let edits = 0;
    let decided = 0;
    while (edits < 6) {
      const before = engine.status().revision;
      await directory.replace("a.cedar", (edits % 2 === 0 ? FORBID : PERMIT) + "//".repeat(edits));
      edits++;
      while (engine.status().revision === before) {
        const [{ policies }] = await Promise.all([engine.decide(query()), new Promise(setImmediate)]);
        expect(policies.length).toBe(1);
        decided++;
      }
    }
    expect(decided).toBeGreaterThan(edits);
  });
});
