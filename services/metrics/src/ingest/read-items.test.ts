import { expect, it } from "vitest";
import { createBodyReader, NDJSON } from "./read-items.ts";

const reader = createBodyReader({ maxBytes: 1_000, maxItems: 2 });
const items = (text: string) =>
  reader.items(
    "tenant",
    { type: NDJSON, encoding: undefined, bytes: Buffer.from(text) },
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
