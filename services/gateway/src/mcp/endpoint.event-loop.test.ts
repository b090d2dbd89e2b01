import { Readable } from "node:stream";
import { longestBlock, unitOfWork } from "@sark/testkit";
import { beforeAll, expect, it } from "vitest";
import { ask, bodyOf } from "./testing/ask.ts";
import { event, resultOf, scriptedUpstream, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { startGateway } from "./testing/start-gateway.ts";

let unit = 0;
beforeAll(() => void (unit = unitOfWork()));

const CALL = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", arguments: {} } };

function stream(text: string, chunkSize = 65_536): ScriptedResponse {
  const bytes = Buffer.from(text, "utf8");
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, index) =>
    bytes.subarray(index * chunkSize, (index + 1) * chunkSize),
  );
  return { headers: { "content-type": "text/event-stream" }, body: Readable.from(chunks) };
}

const response = event(resultOf(1));
const note = event({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: 1 } });

/** What a server may send. All of it is read to the end, or refused. */
const HOSTILE: [what: string, response: () => ScriptedResponse][] = [
  ["20,000 small events", () => stream(note.repeat(20_000) + response)],
  ["100,000 comments between events", () => stream(`:\n\ndata:\n\n`.repeat(100_000) + response)],
  ["an event in a million lines", () => stream(`data:\n`.repeat(1_000_000) + response)],
  [
    "a document of millions of lists",
    () => ({ body: JSON.stringify(resultOf(1, { a: "#" })).replace('"#"', `[${"[],".repeat(3_000_000)}0]`) }),
  ],
  [
    "a document of 200,000 values",
    () => ({ body: JSON.stringify(resultOf(1, { a: Array.from({ length: 200_000 }, () => 1) })) }),
  ],
  [
    "a document of one long text",
    () => ({ body: JSON.stringify(resultOf(1, { a: "x".repeat(8_000_000) })) }),
  ],
];

it.each(HOSTILE)("does not hold up all others for %s [GTW-12]", async (_what, script) => {
  const gateway = await startGateway({ upstreams: { s: scriptedUpstream("s", script) } });
  const { longest } = await longestBlock(async () => {
    const response = await ask(gateway, { body: CALL });
    if (response.body instanceof Readable) {
      for await (const _chunk of response.body) {
      }
    }
    response.taken?.();
  });
  expect(longest).toBeLessThan(12 * unit);
  await gateway.close();
});

it("refuses a body of more values than it reads in a moment, before it is parsed", async () => {
  const gateway = await startGateway({ upstreams: { s: scriptedUpstream("s", () => ({})) } });
  const body = JSON.stringify(CALL).replace("{}", `{"a":[${"[],".repeat(1_300_000)}0]}`);
  let response: Awaited<ReturnType<typeof ask>> | undefined;
  const { longest } = await longestBlock(async () => (response = await ask(gateway, { body })));
  expect(response?.status).toBe(413);
  expect(await bodyOf(response as NonNullable<typeof response>)).toContain("too_many_values");
  expect(longest).toBeLessThan(12 * unit);
  await gateway.close();
});

it("leaves with their servers what a caller's clients do not take", async () => {
  const bodies: Readable[] = [];
  const upstream = scriptedUpstream("s", ({ message }) => {
    const text = JSON.stringify(resultOf(message["id"], { a: "x".repeat(300_000) }));
    const body = Readable.from([Buffer.from(text.slice(0, 150_000)), Buffer.from(text.slice(150_000))]);
    bodies.push(body);
    return { body };
  });
  const gateway = await startGateway({
    upstreams: { s: upstream },
    limits: { maxHeldBytesPerCaller: 400_000 },
  });
  const first = await ask(gateway, { body: CALL });
  let done = false;
  const second = ask(gateway, { body: { ...CALL, id: 2 } }).finally(() => (done = true));
  // Another caller has room of its own.
  const other = await ask(gateway, { body: { ...CALL, id: 3 }, user: "bob" });
  expect([first.status, other.status, done]).toEqual([200, 200, false]);
  first.taken?.();
  expect((await second).status).toBe(200);
  await gateway.close();
});
