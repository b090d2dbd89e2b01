import { describe, expect, it } from "vitest";
import type { ClientMessage } from "../../mcp-protocol/json-rpc/client-message.ts";
import { CLIENT_INFO_META_KEY } from "../../mcp-protocol/vocabulary/meta-keys.ts";
import { clientClaim } from "./client-claim.ts";

const initialize = (clientInfo: unknown) =>
  [
    {
      type: "request",
      message: { jsonrpc: "2.0", id: 1, method: "initialize", params: { clientInfo } },
    },
  ] as readonly ClientMessage[];

describe("what a client says that it is [GTW-2]", () => {
  it("stands in initialize, or in the envelope of a stateless request", () => {
    const info = { name: "inspector", version: "1.2.3", extra: true };
    expect(clientClaim(initialize(info))).toEqual({ name: "inspector", version: "1.2.3" });
    const params = { name: "echo", _meta: { [CLIENT_INFO_META_KEY]: info } };
    const call = { type: "request", message: { jsonrpc: "2.0", id: 1, method: "tools/call", params } };
    expect(clientClaim([call] as readonly ClientMessage[])).toEqual({ name: "inspector", version: "1.2.3" });
  });

  it.each([
    ["control characters", "a\u001b[2Jb\r\nc", "a [2Jb c"],
    ["what turns the writing around", "a\u202eb\u2066c", "a b c"],
    ["line separators", "a\u2028b", "a b"],
    ["half a surrogate pair", "a\ud800b", "a\ufffdb"],
    ["too much of it", "x".repeat(1_000_000), "x".repeat(100)],
    ["too much of what takes two units", "😀".repeat(1_000), "😀".repeat(100)],
    ["no text", 7, ""],
  ])("is freed of %s", (_what, name, shown) => {
    expect(clientClaim(initialize({ name, version: "1" }))).toEqual({ name: shown, version: "1" });
  });

  it.each([[undefined], [null], ["inspector"], [["a"]]])("is nothing where it is %j", (info) => {
    expect(clientClaim(initialize(info))).toBeNull();
  });
});
