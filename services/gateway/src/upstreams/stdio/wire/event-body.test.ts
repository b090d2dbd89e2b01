import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../../domain/upstream.ts";
import { createEventBody, destroyOnAbort } from "./event-body.ts";
import { messageEvent } from "../../../event-streams/event.ts";
import { primingEvent } from "./event-bytes.ts";

function open(maxUnreadBytes = 1_000) {
  const ends: UpstreamError[] = [];
  const body = createEventBody("local", maxUnreadBytes, (reason) => ends.push(reason));
  return { body, ends };
}

describe("the body of an event stream", () => {
  it("carries events in order and ends", async () => {
    const { body, ends } = open();
    body.push(primingEvent("1-1"));
    body.push(messageEvent(Buffer.from('{"a":\r1,\n"b":2}'), { id: "1-2" }));
    body.push(messageEvent("{}"));
    body.end();
    body.push(messageEvent("{}", { id: "late" }));
    expect(await text(body.readable)).toBe(
      'id: 1-1\nretry: 1000\ndata: \n\nevent: message\nid: 1-2\ndata: {"a": 1, "b":2}\n\nevent: message\ndata: {}\n\n',
    );
    expect(ends).toEqual([]);
  });

  it("shows that it is alive while nothing happens, and only then", () => {
    const { body } = open();
    body.keepAlive();
    expect(body.readable.read()).toBeNull();
    body.keepAlive();
    expect(String(body.readable.read())).toBe(": keep-alive\n\n");
    body.push(messageEvent("{}"));
    body.readable.read();
    body.keepAlive();
    expect(body.readable.read()).toBeNull();
  });

  it("tells once that its reader left, or did not read", async () => {
    const left = open();
    left.body.readable.destroy();
    left.body.fail(new UpstreamError("upstream_died", "later"));
    expect(left.ends.map(({ code }) => code)).toEqual(["cancelled"]);
    const slow = open(10);
    for (let n = 0; n < 5; n += 1) {
      slow.body.push(messageEvent("{}"));
    }
    expect(slow.ends.map(({ code }) => code)).toEqual(["upstream_overloaded"]);
  });

  it("fails its reader without telling of its own fault", async () => {
    const { body, ends } = open();
    body.fail(new UpstreamError("upstream_died", "it died"));
    await expect(text(body.readable)).rejects.toThrow("it died");
    expect(ends).toEqual([]);
  });

  it("is destroyed when its request is aborted, even before", () => {
    const abort = new AbortController();
    const { body, ends } = open();
    destroyOnAbort(body.readable, abort.signal);
    abort.abort();
    expect(body.readable.destroyed).toBe(true);
    const late = open();
    destroyOnAbort(late.body.readable, abort.signal);
    expect([...ends, ...late.ends].map(({ code }) => code)).toEqual(["cancelled", "cancelled"]);
  });
});
