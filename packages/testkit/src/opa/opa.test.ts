import { afterEach, describe, expect, it } from "vitest";
import { requireServer } from "../required-server.ts";
import { startOpa, type OpaHandle, type OpaOptions } from "./start-opa.ts";

const opa = requireServer("opa");

const POLICY = `package sark.gateway
default allow := false
allow if input.user == "alice"
`;

const running: OpaHandle[] = [];
afterEach(async () => {
  for (const handle of running.splice(0)) {
    await handle.close();
  }
});

async function start(options: OpaOptions): Promise<OpaHandle> {
  const handle = await startOpa(options);
  running.push(handle);
  return handle;
}

async function decide(handle: OpaHandle, input: object, signal?: AbortSignal) {
  const response = await fetch(`${handle.url}/v1/data/sark/gateway?provenance=true`, {
    method: "POST",
    body: JSON.stringify({ input }),
    ...(signal && { signal }),
  });
  return (await response.json()) as {
    decision_id?: string;
    result?: { allow: boolean };
    provenance?: { bundles?: Record<string, { revision: string }> };
  };
}

describe.skipIf(opa === null)("startOpa", () => {
  it("decides by the given policies, changes them, and refuses broken ones", async () => {
    const handle = await start({ policies: { "gateway.rego": POLICY } });
    expect(await decide(handle, { user: "alice" })).toMatchObject({ result: { allow: true } });
    expect((await decide(handle, { user: "bob" })).decision_id).toMatch(/^[0-9a-f-]{36}$/);
    await expect(handle.putPolicy("extra", "package sark.gateway\nallow if {")).rejects.toThrow(
      "rego_parse_error",
    );
    await handle.putPolicy("extra", `package sark.gateway\nallow if input.user == "bob"`);
    expect((await decide(handle, { user: "bob" })).result?.allow).toBe(true);
    await handle.deletePolicy("extra");
    expect((await decide(handle, { user: "bob" })).result?.allow).toBe(false);
  });

  it("hangs while it is paused, and responds after it", async () => {
    const handle = await start({ policies: { "gateway.rego": POLICY } });
    handle.pause();
    await expect(decide(handle, { user: "alice" }, AbortSignal.timeout(200))).rejects.toThrow("timeout");
    handle.resume();
    expect((await decide(handle, { user: "alice" })).result?.allow).toBe(true);
    handle.pause();
  });

  it("names the revision of a bundle", async () => {
    const handle = await start({ policies: { "sark/gateway.rego": POLICY }, revision: "r42" });
    const { provenance } = await decide(handle, { user: "alice" });
    expect(Object.values(provenance?.bundles ?? {})).toEqual([{ revision: "r42" }]);
  });

  it("says why it did not start", async () => {
    await expect(startOpa({ policies: { "bad.rego": "package x\nallow if {" } })).rejects.toThrow(
      "rego_parse_error",
    );
  });
});

describe("requireServer", () => {
  const nowhere = { PATH: "/nowhere" };

  it("returns null and says so in one line where nothing is installed", () => {
    expect(requireServer("opa", nowhere)).toBeNull();
  });

  it("throws when CI is set", () => {
    expect(() => requireServer("opa", { ...nowhere, CI: "true" })).toThrow(/go install .*opa@v1\.\d+\.\d+$/);
  });
});
