import { describe, expect, it } from "vitest";
import type { Json } from "@sark/json";
import { MalformedResponse } from "../errors/malformed-response.ts";
import { readServerMessage } from "./server-message.ts";

function read(text: string) {
  const around = ` [${text}] `;
  return readServerMessage(JSON.parse(text) as Json, around, { start: 2, end: 2 + text.length });
}
const FAR = `"${"x".repeat(200)}"`;

describe("a message of a server", () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"result":{}}', "response"],
    ['{ "id" : -7 , "jsonrpc" : "2.0" , "result" : { "id" : 2.5 } }', "response"],
    ['{"result":{"content":[]},"jsonrpc":"2.0","id":9007199254740991}', "response"],
    [`{"jsonrpc":"2.0","result":{"a":${FAR}},"id":3\n}`, "response"],
    [`{"result":{"a":${FAR}},"id":3,"jsonrpc":"2.0"}`, "response"],
    [`{"result":{"a":${FAR}},"\\u0069d":3,"jsonrpc":"2.0"}`, "response"],
    ['{"jsonrpc":"2.0","id":"1.0","result":{"_meta":{"progressToken":"t"}}}', "response"],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}}', "response"],
    ['{"jsonrpc":"2.0","error":{"code":1,"message":"","data":null}}', "response"],
    ['{"jsonrpc":"2.0","id":0,"method":"roots/list"}', "request"],
    ['{"jsonrpc":"2.0","method":"notifications/x","params":{"id":1.0}}', "notification"],
  ])("is read: %s", (text, type) => {
    expect(read(text).type).toBe(type);
  });

  it.each([
    ['{"jsonrpc":"2.0","id":1.0,"result":{"id":1}}'],
    ['{"jsonrpc":"2.0","id":1e0,"result":{}}'],
    ['{"jsonrpc":"2.0","id":-0,"result":{}}'],
    [`{"result":{"a":${FAR}},"id":1.0,"jsonrpc":"2.0"}`],
    [`{"result":{"a":${FAR}},"jsonrpc":"2.0","id":10e-1}`],
    [`{"jsonrpc":"2.0","\\u0069d":1.0,"result":{"a":${FAR},"b":{"c":2,"id":1}}}`],
    ['{"jsonrpc":"2.0","id":9007199254740993,"result":{}}'],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}'],
    ['{"jsonrpc":"2.0","id":true,"result":{}}'],
    ['{"jsonrpc":"2.0","id":[1],"result":{}}'],
    ['{"jsonrpc":"2.0","id":null,"result":{}}'],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}'],
    ['{"jsonrpc":"2.0","result":{}}'],
    ['{"jsonrpc":"2.0","id":1,"result":null}'],
    ['{"jsonrpc":"2.0","id":1,"result":[]}'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":null}'],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}'],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"x"}}'],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":1}}'],
    ['{"jsonrpc":"2.0","id":1}'],
    ['{"jsonrpc":"2.0","method":"ping","result":{}}'],
    ['{"jsonrpc":"2.0","method":"","id":1}'],
    ['{"jsonrpc":"2.0","method":"pi ng"}'],
    ['{"jsonrpc":"2.0","method":"pıng"}'],
    ['{"jsonrpc":"2.0","method":["ping"]}'],
    ['{"jsonrpc":"2.0","method":"x","params":[]}'],
    ['{"jsonrpc":"2.0","method":"x","params":{"_meta":1}}'],
    ['{"jsonrpc":"2.0","id":1,"result":{"_meta":{"progressToken":null}}}'],
    ['{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/related-task":{}}}}'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"extra":1}'],
    ['{"jsonrpc":2.0,"id":1,"result":{}}'],
    ["[]"],
    ["null"],
    ['"x"'],
  ])("is none: %s", (text) => {
    expect(() => read(text)).toThrow(MalformedResponse);
  });
});
