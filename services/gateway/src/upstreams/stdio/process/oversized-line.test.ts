import { describe, expect, it } from "vitest";
import { createOversizedLine } from "./oversized-line.ts";

const LONG = "x".repeat(2_000);

function respondsTo(text: string, size: number): unknown {
  const line = createOversizedLine();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    line.push(bytes.subarray(at, at + size));
  }
  return line.respondsTo();
}

describe("the request of a response that is too long to be kept", () => {
  it.each<[string, string, unknown]>([
    ["before its result", `{"jsonrpc":"2.0","id":7,"result":{"text":"${LONG}"}}`, 7],
    [
      "behind it",
      ` {"result":{"id":8,"t":["${LONG}",{"id":9}]} , "id" : "seven", "jsonrpc":"2.0"} `,
      "seven",
    ],
    ["last of several", `{"id":1,"result":{},"id":2}`, 2],
    ["spelt with escapes", `{"\\u0069d":3,"result":"${LONG}"}`, 3],
    [
      "behind quotes and braces in texts",
      `{"error":{"message":"\\\\\\"},{\\"id\\":1 ${LONG}\\\\"},"id":4}`,
      4,
    ],
    ["in a text only", `{"result":"\\"id\\":5,${LONG}"}`, undefined],
    ["in a nested object only", `{"result":{"id":5},"x":[{"id":6}]}`, undefined],
    ["as no id", `{"id":{"id":5},"result":{}}`, undefined],
    ["too long for an id", `{"id":"${LONG}","result":{}}`, undefined],
    [
      "of a request of the server",
      `{"id":5,"method":"sampling/createMessage","params":{"t":"${LONG}"}}`,
      undefined,
    ],
    ["in a batch", `[{"id":5,"result":{}}]`, undefined],
    ["in no JSON", `${LONG}"id":5}}}]]{{"id`, undefined],
  ])("is found %s, wherever the chunks end", (_where, text, id) => {
    for (const size of [1, 2, 3, 7, 64, text.length]) {
      expect(respondsTo(text, size)).toBe(id);
    }
  });
});
