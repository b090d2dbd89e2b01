import { propagation, trace } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { extractContext, injectContext } from "./propagation.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

/** What a service sends on of what it was sent. */
function sentOn(carrier: Record<string, string>): Record<string, string> {
  return injectContext<Record<string, string>>({}, extractContext(carrier));
}

describe("trace context of a client that is not to be trusted", () => {
  it.each([
    ["a future version with more", `cc-${TRACE}-b7ad6b7169203331-01-what-comes`],
    ["version 00", PARENT],
  ])("is taken: %s [LOG-5]", (_what, traceparent) => {
    expect(trace.getSpanContext(extractContext({ traceparent }))?.traceId).toBe(TRACE);
  });

  it.each([
    ["two of them, as Node.js joins them", `${PARENT}, ${PARENT}`],
    ["version ff", `ff-${TRACE}-b7ad6b7169203331-01`],
    ["more in version 00", `${PARENT}-more`],
    ["a space before it", ` ${PARENT}`],
    ["a line end after it", `${PARENT}\n`],
    ["capitals", PARENT.toUpperCase()],
    ["no span", `00-${TRACE}-0000000000000000-01`],
    ["a future version that is endless", `cc-${TRACE}-b7ad6b7169203331-01-${"x".repeat(200)}`],
    ["a control character in a future version", `cc-${TRACE}-b7ad6b7169203331-01-\u0000`],
  ])("is left out as a traceparent: %s [LOG-5]", (_what, traceparent) => {
    expect(sentOn({ traceparent, tracestate: "a=1" })).toEqual({});
  });

  it.each(["a=1", "a=1,b=2", "a=1, b=2 ,,c@v=x y"])("is taken as a tracestate: %s", (tracestate) => {
    expect(sentOn({ traceparent: PARENT, tracestate })).toEqual({
      traceparent: PARENT,
      tracestate: tracestate.replaceAll(/ *, *,* */g, ","),
    });
  });

  it.each([
    ["a key twice", "a=1,b=2,a=3"],
    ["a member that is none", "a=1,b"],
    ["capitals in a key", "A=1"],
    ["two equals signs", "a=1=2"],
    ["a control character", "a=1\u0007"],
    ["a line end", "a=1\r\nx-evil: 1"],
    ["more than 32", Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(",")],
    ["more than 512 characters", `a=${"x".repeat(250)},b=${"x".repeat(250)},c=${"x".repeat(20)}`],
    ["no ASCII", "a=ü"],
  ])("is left out as a tracestate, and the trace goes on: %s [LOG-5]", (_what, tracestate) => {
    expect(sentOn({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT });
  });

  it.each(["user=alice", "a=1,b=%C3%BC", "a = 1 ; ttl=30 , b=2"])("is taken as baggage: %s", (baggage) => {
    expect(propagation.getBaggage(extractContext({ baggage }))?.getAllEntries()).not.toEqual([]);
  });

  it.each([
    ["a name twice", "user=alice,user=root"],
    ["a name twice, once encoded", "user=alice,us%65r=root"],
    ["an encoding that is none", "user=%zz"],
    ["an encoding of no text", "user=%ff"],
    ["a line end in a property", "user=alice;a\r\nx-evil: 1"],
    ["a control character", "user=al\u0000ice"],
    ["a member that is none", "user=alice,root"],
    ["a member without a name", "=alice"],
    ["no ASCII", "user=älice"],
    ["more than 64", Array.from({ length: 65 }, (_, n) => `k${n}=1`).join(",")],
    ["more than 8,192 characters", `a=${"x".repeat(8_192)}`],
    ["prototype names, twice", "__proto__=1,__proto__=2"],
  ])("is left out as baggage: %s [LOG-5]", (_what, baggage) => {
    expect(sentOn({ traceparent: PARENT, baggage })).toEqual({ traceparent: PARENT });
  });

  it("takes time that grows with its length alone [LOG-5]", () => {
    const long = 1_000_000;
    const started = process.cpuUsage();
    for (const piece of ["a", " ", ",", "=", "%41", "-", "\t"]) {
      const text = piece.repeat(long);
      sentOn({ traceparent: text, tracestate: text, baggage: text });
      sentOn({ traceparent: PARENT, tracestate: text.slice(0, 512), baggage: `a=${text.slice(0, 8_000)}` });
    }
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});
