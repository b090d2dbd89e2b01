import { describe, expect, it } from "vitest";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import type { Range } from "@sark/json";
import { rewriteRequest } from "./rewrite.ts";

const call = (text: string) => JSON.parse(text) as JsonRpcRequest;
const whole = (text: string) => () => ({ start: 0, end: text.length });
const TRACE = { traceparent: "00-1-2-01" };

describe("rewriteRequest", () => {
  it("does not look through a request of which nothing changes", () => {
    const rangeOf = (): Range => {
      throw new Error("looked for");
    };
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":1}}}';
    const nothing = { filteredArguments: null, metaTrace: null };
    expect(rewriteRequest(text, rangeOf, call(text), nothing)).toBeNull();
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    expect(rewriteRequest(ping, rangeOf, call(ping), { ...nothing, filteredArguments: {} })).toBeNull();
  });

  it("replaces arguments and trace context, and leaves the rest as it was written", () => {
    const text =
      '{"jsonrpc":"2.0","id":1, "method":"tools/call","params":{"name":"echo","arguments":{"keep":1.50,"drop":2}}}';
    const changes = { filteredArguments: { keep: 1.5 }, metaTrace: TRACE };
    const rewritten = rewriteRequest(text, whole(text), call(text), changes);
    expect(rewritten?.text).toBe(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"keep":1.50},"_meta":{"traceparent":"00-1-2-01"}}}',
    );
    expect(rewritten?.message).toEqual(JSON.parse(rewritten?.text ?? ""));
  });

  it("takes a client's trace context out where none may go on", () => {
    const text = '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"traceparent":"x","other":1}}}';
    const rewritten = rewriteRequest(text, whole(text), call(text), {
      filteredArguments: null,
      metaTrace: {},
    });
    expect(rewritten?.text).toBe('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"other":1}}}');
  });
});
