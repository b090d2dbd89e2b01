import { longestBlock, unitOfWork } from "@sark/testkit";
import { expect, it } from "vitest";
import { createBodyReader, NDJSON } from "./read-items.ts";

const reader = createBodyReader({ maxBytes: 1_000, maxItems: 2 });
const items = (text: string, type = NDJSON) =>
  reader.items(
    "tenant",
    { type, encoding: undefined, bytes: Buffer.from(text) },
    { turn: async () => undefined },
  );
const EVENTS = [{ value: { id: "a" } }, { value: { id: "b" } }];

it.each([
  ["newlines", '{"id":"a"}\n{"id":"b"}\n'],
  ["none at the end", '{"id":"a"}\n{"id":"b"}'],
  ["carriage returns", '{"id":"a"}\r\n{"id":"b"}\r\n'],
  ["empty lines of both kinds", '\n\r\n\r\n{"id":"a"}\n\n\r\n{"id":"b"}\r\n\n\r'],
])("reads lines of NDJSON with %s", async (_how, text) => {
  expect(await items(text)).toEqual(EVENTS);
});

it("counts lines with something in them, and takes no body without one", async () => {
  await expect(items('{"id":"a"}\n{"id":"b"}\n\n{"id":"c"}')).rejects.toMatchObject({
    code: "payload_too_large",
  });
  await expect(items("\r\n\n\r\n")).rejects.toMatchObject({ code: "invalid_request" });
});

it("names a line that cannot be read in its place", async () => {
  expect(await items('{"id":"a"}\n \n')).toEqual([EVENTS[0], { problem: expect.any(String) as string }]);
});

it.each([
  ["another encoding than its bytes have", `${NDJSON}; charset=iso-8859-1`, "unsupported_media_type", "{}"],
  ["another type", "text/plain", "unsupported_media_type", "{}"],
  ["no JSON as a whole", "application/json", "invalid_request", '{"items":[{"id":"a"},{"id":]}'],
  ["something behind its JSON", "application/json", "invalid_request", '{"items":[{}]}{"items":[{}]}'],
  ["two lists", "application/json", "invalid_request", '{"items":[{}],"items":[{}]}'],
  ["another member", "application/json", "invalid_request", '{"items":[{}],"more":1}'],
  ["a list alone", "application/json", "invalid_request", "[{}]"],
  ["too many events", "application/json", "payload_too_large", '{"items":[1,2,3]}'],
])("takes no body with %s", async (_what, type, code, text) => {
  await expect(items(text, type)).rejects.toMatchObject({ code });
});

it("finds the events of JSON by their own text, whatever stands in them", async () => {
  const text = String.raw` { "it\u0065ms" : [ {"id":"]},{\"é"} , "b\\" ] } `;
  expect(await items(text, "application/json; charset=utf-8")).toEqual([
    { value: { id: ']},{"é' } },
    { value: "b\\" },
  ]);
});

it("reads no event of megabytes, which would hold all callers up, and reads those beside it", async () => {
  const large = createBodyReader({ maxBytes: 10_000_000, maxItems: 10 });
  const unit = unitOfWork();
  const number = "1".repeat(7_000_000);
  for (const [type, text] of [
    [NDJSON, `${number}\n{}`],
    ["application/json", `{"items":[${number},{}]}`],
  ] as const) {
    const body = { type, encoding: undefined, bytes: Buffer.from(text) };
    let read: unknown;
    const { longest } = await longestBlock(async () => {
      read = await large.items("tenant", body, { turn: async () => undefined });
    });
    expect(read).toEqual([{ problem: "longer than 65536 bytes" }, { value: {} }]);
    expect(longest).toBeLessThan(6 * unit);
  }
});
