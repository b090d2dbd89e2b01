import { join } from "node:path";
import { requireServer, startOpa, type OpaHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PolicyEngine } from "../domain/authorization.ts";
import { createCedarEngine } from "./cedar/cedar-engine.ts";
import { createOpaEngine } from "./opa/opa-engine.ts";
import type { ExampleCase } from "./testing/example-case.ts";
import { EXAMPLE_CASES } from "./testing/example-cases.ts";
import { createRecordingObserver } from "./testing/recording-observer.ts";

const folder = join(import.meta.dirname, "../../../../policies");
const table = EXAMPLE_CASES.map((row) => [row.what, row] as const);
const observer = createRecordingObserver();

/** What a case states, as the engine has it. Where a rule cannot be evaluated, engines may name what they like. */
async function decided(engine: PolicyEngine, { query, policies }: ExampleCase) {
  const decision = await engine.decide(query);
  return { allow: decision.allow, policies: policies === null ? null : decision.policies };
}

describe("the example policies, by Cedar", () => {
  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = await createCedarEngine({ directory: folder, observer, timeoutMs: 120_000 });
  });
  afterAll(() => engine.close());

  it("load without a fault or a warning", () => {
    expect(engine.status()).toMatchObject({ engine: "cedar", policies: 16, loadError: null });
    expect(observer.seen("loadFailed")).toEqual([]);
    expect(observer.seen("loaded")[0]?.warnings).toEqual([]);
  });
  it.each(table)("%s", async (_what, row) => {
    expect(await decided(engine, row)).toEqual({ allow: row.allow, policies: row.policies });
  });
});

describe.skipIf(requireServer("opa") === null)("the example policies, by OPA", () => {
  let opa: OpaHandle;
  const engines: PolicyEngine[] = [];
  beforeAll(async () => {
    opa = await startOpa({ policies: join(folder, "opa") });
    for (const path of ["mcp/gateway", "sark/gateway"]) {
      engines.push(createOpaEngine({ url: opa.url, path, observer, timeoutMs: 120_000 }));
    }
  });
  afterAll(async () => {
    for (const engine of engines) {
      await engine.close();
    }
    await opa.close();
  });

  it.each(table)("%s", async (_what, row) => {
    for (const engine of engines) {
      expect(await decided(engine, row)).toEqual({ allow: row.allow, policies: row.policies });
    }
  });
});
