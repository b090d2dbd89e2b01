import { describe, expect, it } from "vitest";
import type { JsonRpcResponse } from "../../domain/json-rpc.ts";
import { DEFAULT_MCP_LIMITS } from "../contract/limits.ts";
import { outcomeOf } from "./outcome.ts";
import { readServerMessages } from "./read-messages.ts";

const limits = { ...DEFAULT_MCP_LIMITS, maxDepth: 4, maxRecordedResult: 200 };

/** The results that are recorded of what came as one text; `null` where none is. */
function recorded(text: string): unknown[] {
  const { messages, depth } = readServerMessages(text, 1_000);
  return messages.map(({ message, range }) => {
    const written = text.slice(range.start, range.end);
    return outcomeOf(message as JsonRpcResponse, written, depth, limits).result ?? null;
  });
}

const response = (id: number, result: object) => JSON.stringify({ jsonrpc: "2.0", id, result });
const SHALLOW = { a: { b: 1 } };
const DEEP = { a: { b: { c: { d: 1 } } } };

describe("the result of a response", () => {
  it("is recorded unless it is too long or too deep", () => {
    expect(recorded(response(1, SHALLOW))).toEqual([SHALLOW]);
    expect(recorded(response(1, DEEP))).toEqual([null]);
    expect(recorded(response(1, { a: "x".repeat(200) }))).toEqual([null]);
  });

  it("is recorded also when another of the same batch is too deep", () => {
    expect(recorded(`[${response(1, DEEP)},${response(2, SHALLOW)}]`)).toEqual([null, SHALLOW]);
  });
});
