import { requireServer, startOpa, type OpaHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PolicyCase, PolicyWorkbench } from "../../domain/policy-sets.ts";
import { query } from "../testing/queries.ts";
import { createOpaWorkbench } from "./opa-workbench.ts";

const NOW = `package gateway.now
default allow := false
allow if input.principal.id == "alice"`;
const NEXT = `package gateway.next
default allow := false
allow if { input.principal.id == "alice"; input.context.parameters.n != 7 }
reason := "seven is out" if input.context.parameters.n == 7
policies := [sprintf("at %d", [input.context.timestamp])]`;

describe.skipIf(requireServer("opa") === null)("another document of the same OPA on trial [GTW-11]", () => {
  let opa: OpaHandle;
  let workbench: PolicyWorkbench;
  beforeAll(async () => {
    opa = await startOpa({ policies: { "now.rego": NOW, "next.rego": NEXT }, revision: "rev-7" });
    const options = { url: opa.url, path: "gateway/now", timeoutMs: 60_000 };
    workbench = createOpaWorkbench(options, () => ({ revision: "rev-7" }));
  });
  afterAll(() => opa.close());

  const { context: _context, ...rest } = query();
  const asked = (n: number, over: Partial<PolicyCase> = {}): PolicyCase => ({
    query: rest,
    context: JSON.stringify({ parameters: { n } }),
    time: 1_700_000_000_000,
    unknown: [],
    fidelity: "as_sent",
    ...over,
  });

  it("decides, with the time of the case", async () => {
    const signal = new AbortController().signal;
    const now = await workbench.open({ kind: "in_force" }, signal);
    expect(await now.evaluate([asked(7)])).toMatchObject([{ allow: true, revision: "rev-7" }]);
    await now.close();
    const next = await workbench.open({ kind: "opa_path", path: "gateway/next" }, signal);
    expect(await next.evaluate([asked(7), asked(8)])).toMatchObject([
      { allow: false, reason: "seven is out", policies: ["at 1700000000000000000"] },
      { allow: true },
    ]);
    await next.close();
    expect(workbench.inForce()).toMatchObject({ engine: "opa", revision: "rev-7", opaPath: "gateway/now" });
  });

  it("cannot know what a rego looks at: nothing that is unknown is guessed", async () => {
    const set = await workbench.open({ kind: "in_force" }, new AbortController().signal);
    const replaced = { context: '{"a":"\u{FFFD}"}', fidelity: "recorded" } as const;
    expect(
      await set.evaluate([
        asked(1, { unknown: ["envelope"] }),
        asked(1, { context: '{"a":"[redacted]"}', fidelity: "redacted" }),
        asked(1, { fidelity: "redacted" }),
        asked(1, replaced),
      ]),
    ).toMatchObject([
      { kind: "unknown", fact: "envelope" },
      { kind: "unknown", fact: "redacted" },
      { kind: "decided", allow: true },
      { kind: "unknown", fact: "replaced_text" },
    ]);
    await set.close();
  });

  it("refuses files, which OPA takes with no query, and a document that is not there", async () => {
    const signal = new AbortController().signal;
    const files = { kind: "files", files: new Map([["a.cedar", ""]]), shares: [] } as const;
    await expect(workbench.open(files, signal)).rejects.toMatchObject({ kind: "unsupported" });
    await expect(workbench.open({ kind: "opa_path", path: "gateway/none" }, signal)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("gateway/none"),
    });
  });
});
