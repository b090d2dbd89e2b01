import { describe, expect, it } from "vitest";
import { Rejection } from "../errors/rejection.ts";
import { DEFAULT_MCP_LIMITS } from "../contract/limits.ts";
import { parseBody, readMessages } from "./read-body.ts";

function read(body: string | Buffer) {
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  return readMessages(parseBody(bytes, DEFAULT_MCP_LIMITS), DEFAULT_MCP_LIMITS);
}

function rejectionOf(body: string | Buffer | null): string {
  try {
    readMessages(
      parseBody(typeof body === "string" ? Buffer.from(body) : body, DEFAULT_MCP_LIMITS),
      DEFAULT_MCP_LIMITS,
    );
  } catch (error) {
    if (error instanceof Rejection) {
      return error.type;
    }
    throw error;
  }
  return "accepted";
}

const request = (extra: string) => `{"jsonrpc":"2.0",${extra}}`;

const call = (params: string) => request(`"id":1,"method":"tools/call","params":{${params}}`);
const META = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"';

/** Keys that a lenient server takes for members of the protocol, at each place that has some. */
const LOOK_ALIKES: [string, string][] = [
  ["a second name", call('"name":"echo","Name":"delete_all"')],
  ["a name in capitals alone", call('"NAME":"delete_all"')],
  ["arguments in capitals", call('"name":"a","Arguments":{}')],
  ["arguments with a long s", call('"name":"a","argument\u017f":{}')],
  ["arguments with a long s, escaped", call('"name":"a","argument\\u017f":{}')],
  ["a task with a Kelvin sign", call('"name":"a","tas\u212a":{}')],
  ["a URI in capitals", request('"id":1,"method":"resources/read","params":{"uri":"a:b","URI":"c:d"}')],
  ["a uri with a dotless i", request('"id":1,"method":"resources/read","params":{"ur\u0131":"c:d"}')],
  ["a name in full width", call('"name":"a","\uff4e\uff41\uff4d\uff45":"b"')],
  ["a name with a zero-width space", call('"name":"a","na\u200bme":"b"')],
  ["a name with a byte order mark", call('"name":"a","\ufeffname":"b"')],
  ["inputResponses in capitals", call('"name":"a","InputResponses":{}')],
  ["request_state", call('"name":"a","request_state":"b"')],
  ["meta", call('"name":"a","meta":{}')],
  ["_Meta", call('"name":"a","_Meta":{}')],
  ["a version in _meta", call(`"name":"a",${META},"io.modelcontextprotocol/ProtocolVersion":"x"}`)],
  ["a trace in _meta", call(`"name":"a",${META},"Traceparent":"x"}`)],
  [
    "client capabilities",
    call(`"name":"a",${META},"io.modelcontextprotocol/clientCapabilities":{"Roots":{}}}`),
  ],
  ["client info", request('"id":1,"method":"initialize","params":{"clientInfo":{"name":"a","Version":"1"}}')],
  ["a capability", request('"id":1,"method":"initialize","params":{"capabilities":{"SAMPLING":{}}}')],
  [
    "a reference",
    request('"id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","Name":"b"}}'),
  ],
  ["an argument", request('"id":1,"method":"completion/complete","params":{"argument":{"Name":"b"}}')],
  [
    "the context of a completion",
    request('"id":1,"method":"completion/complete","params":{"context":{"Arguments":{}}}'),
  ],
  [
    "a subscription",
    request('"id":1,"method":"subscriptions/listen","params":{"notifications":{"ResourceSubscriptions":[]}}'),
  ],
  ["a task's ttl", call('"name":"a","task":{"TTL":1}')],
  ["an input response", call('"name":"a","inputResponses":{"q":{"Action":"accept"}}')],
  ["an unknown method", request('"id":1,"method":"x/y","params":{"Name":"b"}')],
  ["a notification", request('"method":"notifications/cancelled","params":{"requestId":1,"RequestId":2}')],
  ["a response", request('"id":1,"result":{"action":"decline","Action":"accept"}')],
  ["a sampled response", request('"id":1,"result":{"role":"user","content":[{"type":"text","Text":"x"}]}')],
  ["an error", request('"id":1,"error":{"code":1,"message":"a","Message":"b"}')],
  ["one message of a batch", `[${request('"id":1,"method":"ping"')},${call('"Name":"b"')}]`],
  ["keys of arguments that differ by case", call('"name":"a","arguments":{"account":1,"Account":2}')],
  ["keys deep within arguments", call('"name":"a","arguments":{"x":[{"a":1,"A":2}]}')],
  ["keys of unknown params", call('"name":"a","x":{"a":1,"A":2}')],
];

describe("reading a POST body", () => {
  it("sorts messages", () => {
    const types = (body: string) => read(body).messages.map(({ type }) => type);
    expect(types(request('"id":1,"method":"ping"'))).toEqual(["request"]);
    expect(types(request('"method":"notifications/initialized","params":{}'))).toEqual(["notification"]);
    expect(types(request('"id":"a","result":{}'))).toEqual(["response"]);
    expect(types(request('"id":1,"error":{"code":-1,"message":"no"}'))).toEqual(["response"]);
    // The keys of a form are those of the schema that was asked for.
    expect(types(request('"id":1,"result":{"action":"accept","content":{"Name":"a","Text":"b"}}'))).toEqual([
      "response",
    ]);
    expect(types(call('"name":"a","arguments":{"Name":"b","URI":"c","_Meta":1}'))).toEqual(["request"]);
    const batch = read(`[${request('"id":1,"method":"ping"')}, ${request('"method":"notifications/x"')}]`);
    expect(batch.batch).toBe(true);
    expect(batch.messages.map(({ type }) => type)).toEqual(["request", "notification"]);
  });

  it.each([
    ["nothing", null, "malformed_json"],
    ["an empty body", Buffer.alloc(0), "malformed_json"],
    ["no JSON", "{", "malformed_json"],
    ["two documents", "{}{}", "malformed_json"],
    ["a byte order mark", Buffer.from('\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}'), "malformed_json"],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xc3, 0x28, 0x22]), "malformed_json"],
    ["UTF-16", Buffer.from(request('"id":1,"method":"ping"'), "utf16le"), "malformed_json"],
    ["a depth bomb", "[".repeat(100_000) + "]".repeat(100_000), "too_deep"],
    [
      "a depth bomb in arguments",
      request(`"id":1,"method":"x","params":{"a":${"[".repeat(200)}${"]".repeat(200)}}`),
      "too_deep",
    ],
    ["a key twice", request('"id":1,"method":"ping","method":"tools/call"'), "duplicate_key"],
    [
      "a key twice, once escaped",
      request('"id":1,"method":"ping","m\\u0065thod":"tools/call"'),
      "duplicate_key",
    ],
    [
      "a key twice in arguments",
      request('"id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1,"x":2}}'),
      "duplicate_key",
    ],
    ...LOOK_ALIKES.map(([what, message]): [string, string, string] => [what, message, "similar_key"]),
    ["half a surrogate pair", call('"name":"a","arguments":{"x":"\\ud800"}'), "broken_unicode"],
    ["half a surrogate pair in a key", call('"name":"a","arguments":{"\\ud800":1}'), "broken_unicode"],
    ["half a surrogate pair in _meta", call('"name":"a","_meta":{"x":"\\udc00"}'), "broken_unicode"],
    ["a scalar", "1", "invalid_message"],
    ["null", "null", "invalid_message"],
    ["no jsonrpc", '{"id":1,"method":"ping"}', "invalid_message"],
    ["another jsonrpc", '{"jsonrpc":"1.0","id":1,"method":"ping"}', "invalid_message"],
    ["a number for jsonrpc", '{"jsonrpc":2.0,"id":1,"method":"ping"}', "invalid_message"],
    ["another member", request('"id":1,"method":"ping","extra":1'), "invalid_message"],
    ["a request and a result at once", request('"id":1,"method":"ping","result":{}'), "invalid_message"],
    [
      "a result and an error at once",
      request('"id":1,"result":{},"error":{"code":1,"message":""}'),
      "invalid_message",
    ],
    ["neither", request('"id":1'), "invalid_message"],
    ["a result that is no object", request('"id":1,"result":[]'), "invalid_message"],
    ["an error that is none", request('"id":1,"error":{"code":"1","message":""}'), "invalid_message"],
    ["params as an array", request('"id":1,"method":"tools/call","params":["name"]'), "invalid_message"],
    ["params null", request('"id":1,"method":"ping","params":null'), "invalid_message"],
    ["_meta as a text", request('"id":1,"method":"ping","params":{"_meta":"x"}'), "invalid_message"],
    ["id null", request('"id":null,"method":"ping"'), "invalid_id"],
    ["an object for an id", request('"id":{},"method":"ping"'), "invalid_id"],
    ["true for an id", request('"id":true,"method":"ping"'), "invalid_id"],
    ["a fraction for an id", request('"id":1.5,"method":"ping"'), "invalid_id"],
    ["an id beyond 2^53", request('"id":9007199254740993,"method":"ping"'), "invalid_id"],
    ["an id with a fraction that says nothing", request('"id":1.0,"method":"ping"'), "invalid_id"],
    ["an id with an exponent", request('"id" : 1E0,"method":"ping"'), "invalid_id"],
    ["an id of minus zero", request('"id":-0,"method":"ping"'), "invalid_id"],
    ["an id of minus zero at the end", request('"method":"ping","id":-0'), "invalid_id"],
    ["the id of a response with a fraction", request('"id":2.0,"result":{}'), "invalid_id"],
    [
      "an id with a fraction in a batch",
      `[${request('"id":1,"method":"ping"')},${request('"id":2.0,"method":"ping"')}]`,
      "invalid_id",
    ],
    [
      "a progress token with a fraction",
      request('"id":1,"method":"ping","params":{"_meta":{"progressToken":1.0}}'),
      "invalid_id",
    ],
    [
      "a progress token beyond 2^53",
      request('"id":1,"method":"ping","params":{"_meta":{"progressToken":9007199254740993}}'),
      "invalid_id",
    ],
    [
      "the cancelling of an id with an exponent",
      request('"method":"notifications/cancelled","params":{"requestId":1e0}'),
      "invalid_id",
    ],
    [
      "progress of a token beyond 2^53",
      request('"method":"notifications/progress","params":{"progressToken":1e400,"progress":1}'),
      "invalid_id",
    ],
    [
      "a number that is too large",
      request('"id":1,"method":"ping","params":{"a":1e4000}'),
      "number_out_of_range",
    ],
    ["a huge id", request(`"id":"${"x".repeat(257)}","method":"ping"`), "invalid_id"],
    ["a broken id", request('"id":"\\ud800","method":"ping"'), "broken_unicode"],
    ["a call without an id", request('"method":"tools/call","params":{"name":"rm"}'), "invalid_id"],
    ["a response without an id", request('"result":{}'), "invalid_id"],
    ["a number for a method", request('"id":1,"method":1'), "invalid_method"],
    ["an empty method", request('"id":1,"method":""'), "invalid_method"],
    ["a method with a space", request('"id":1,"method":"tools/call "'), "invalid_method"],
    ["a method with a control character", request('"id":1,"method":"tools/call\\u0000"'), "invalid_method"],
    [
      "a method with another alphabet's letters",
      request('"id":1,"method":"tools/ca\\u217cl"'),
      "invalid_method",
    ],
    ["a huge method", request(`"id":1,"method":"${"x".repeat(129)}"`), "invalid_method"],
    ["an empty batch", "[]", "batch_invalid"],
    ["a batch within a batch", `[[${request('"id":1,"method":"ping"')}]]`, "invalid_message"],
    ["a batch with something else in it", `[${request('"id":1,"method":"ping"')},1]`, "invalid_message"],
    [
      "a batch of too many",
      `[${Array.from({ length: 101 }, (_, id) => request(`"id":${id},"method":"ping"`)).join(",")}]`,
      "batch_invalid",
    ],
    ["initialize in a batch", `[${request('"id":1,"method":"initialize"')}]`, "batch_invalid"],
    [
      "an id twice in a batch",
      `[${request('"id":1,"method":"ping"')},${request('"id":1.0,"method":"ping"')}]`,
      "duplicate_id",
    ],
  ])("refuses %s", (_what, body, type) => {
    expect(rejectionOf(body)).toBe(type);
  });

  it('accepts ids at their limits, and 1 beside "1"', () => {
    expect(rejectionOf(request('"id":9007199254740991,"method":"ping"'))).toBe("accepted");
    expect(rejectionOf(request('"id":0,"method":"ping","params":{"_meta":{"progressToken":-1}}'))).toBe(
      "accepted",
    );
    expect(rejectionOf(request('"id":1,"method":"ping","params":{"x":[1.0,-0,1e400]}'))).toBe("accepted");
    expect(rejectionOf(request(`"id":"${"x".repeat(256)}","method":"ping"`))).toBe("accepted");
    expect(rejectionOf(`[${request('"id":1,"method":"ping"')},${request('"id":"1","method":"ping"')}]`)).toBe(
      "accepted",
    );
  });

  it("names the request that an error is about, where it can", () => {
    const id = (body: string) => parseBody(Buffer.from(body), DEFAULT_MCP_LIMITS).id;
    expect(id(request('"id":7,"method":"ping","params":[]'))).toBe(7);
    expect(id(request('"id":7,"method":"ping","params":{"a":1e4000}'))).toBe(7);
    expect(id(request('"id":{},"method":"ping"'))).toBeNull();
    expect(id(request('"id":7,"result":{}'))).toBeNull();
    expect(id(`[${request('"id":7,"method":"ping"')}]`)).toBeNull();
  });
});
