import { createParser } from "eventsource-parser";
import { expect, it } from "vitest";
import { ask, bodyOf } from "./testing/ask.ts";
import { looseReadings, type Seen } from "./testing/loose-readings.ts";
import { scriptedUpstream } from "./testing/scripted-upstream.ts";
import { startGateway } from "./testing/start-gateway.ts";

const list = (...names: string[]) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools: names.map((name) => ({ name })) } });
const LIST = list("hidden", "add");
const QUOTED = JSON.stringify({ jsonrpc: "2.0", method: "notifications/x", params: { text: LIST } });

const FIELDS = [
  "data: ",
  "data:",
  "data: ",
  "Data: ",
  " data: ",
  "event: ",
  "id: ",
  "retry: ",
  ": ",
  "\ufeffdata: ",
  "",
];
const VALUES = [
  LIST,
  list("add"),
  `[${LIST}]`,
  QUOTED,
  LIST.slice(0, 30),
  LIST.slice(30),
  LIST.replace('"result"', '"method":"ping","result"'),
  LIST.replace('"result"', '"Result"'),
  LIST.replace('"tools"', '"tools":[],"Tools"'),
  `data: ${LIST}`,
  `\u2028data: ${LIST}\u2028`,
  `\vdata: ${LIST}\u0085`,
  "message",
  "x",
  "7",
  "",
];
const ENDS = ["\n", "\n", "\n\n", "\n\n", "\r", "\r\n", "\r\r", "\u2028", "\u0085", "\0\n", ""];

/** A linear congruential generator: the same sequence on every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

it("[AUD-1] [GTW-12] whatever a stream looks like, no reader finds what is hidden, the client finds one response, and it is the one on record", async () => {
  const random = generator(11);
  const pick = (from: readonly string[]) => from[random(from.length)] ?? "";
  let stream = "";
  let inOnePiece = false;
  const upstream = scriptedUpstream("s", () => ({
    headers: { "content-type": "text/event-stream" },
    body: stream,
    inOnePiece,
  }));
  const gateway = await startGateway({
    upstreams: { s: upstream },
    rules: { hide: (target) => target === "hidden" },
  });
  const came = new Map<string, number>();
  for (let round = 0; round < 2_000; round += 1) {
    const lines = Array.from({ length: 1 + random(8) }, () => pick(FIELDS) + pick(VALUES) + pick(ENDS));
    stream = lines.join("");
    inOnePiece = round % 2 === 0;
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const headers = random(2) === 0 ? {} : { "mcp-protocol-version": "2025-11-25" };
    const text = await bodyOf(await ask(gateway, { body, headers }));
    const shown = looseReadings(text).flat().filter(showsHidden);
    const responses = responsesIn(text);
    const outcomes = gateway.governor.decided
      .splice(0)
      .flatMap(({ results }) => results.map((r) => r.outcome));
    const outcome = responses[0]?.["result"] === undefined ? "upstream_error" : "ok";
    expect({ stream, shown, responses: responses.length, outcomes }).toEqual({
      stream,
      shown: [],
      responses: 1,
      outcomes: [outcome],
    });
    came.set(outcome, (came.get(outcome) ?? 0) + 1);
  }
  for (const outcome of ["ok", "upstream_error"]) {
    expect(came.get(outcome)).toBeGreaterThan(100);
  }
  await gateway.close();
});

/** In whatever spelling. */
function showsHidden(message: Seen): boolean {
  return Object.entries(message).some(
    ([key, value]) => key.toLowerCase() === "result" && JSON.stringify(value).includes('"hidden"'),
  );
}

/** What a client that keeps to the standard takes for responses. */
function responsesIn(text: string): Seen[] {
  const responses: Seen[] = [];
  const parser = createParser({
    onEvent: ({ data, event = "message" }) => {
      const message = event === "message" && data !== "" ? (JSON.parse(data) as Seen) : {};
      if (message["method"] === undefined && message["id"] === 1) {
        responses.push(message);
      }
    },
  });
  parser.feed(text);
  return responses;
}
