import { describe, expect, it } from "vitest";
import { bareEvent, KEEP_ALIVE, messageEvent } from "./event.ts";

describe("writing events", () => {
  it("has one form", () => {
    expect(messageEvent("{}").toString()).toBe("event: message\ndata: {}\n\n");
    expect(messageEvent("{}", { id: "7", retry: 5 }).toString()).toBe(
      "event: message\nid: 7\nretry: 5\ndata: {}\n\n",
    );
    expect(bareEvent({ id: "7", retry: 5 }, true).toString()).toBe("id: 7\nretry: 5\ndata: \n\n");
    expect(bareEvent({ id: "", retry: null }, false).toString()).toBe("id: \n\n");
    expect(KEEP_ALIVE.toString()).toBe(": keep-alive\n\n");
  });

  it("takes bytes as they came, but for line ends", () => {
    const bytes = Buffer.concat([Buffer.from('{\r\n"a":"'), Buffer.from([0xff]), Buffer.from('"\n}')]);
    expect(messageEvent(bytes, { id: "7" }).toString("latin1")).toBe(
      'event: message\nid: 7\ndata: {  "a":"\xff" }\n\n',
    );
  });

  it("leaves nothing in the data that any reader takes for a line end, and the value as it was", () => {
    const json = '{\r\n\t"a\u2028" :\r[1.0, "\u0085\u2029\\n"]\n}';
    const [, data] = messageEvent(json).toString().split("data: ");
    expect(data).not.toMatch(/[\r\v\f\u0085\u2028\u2029]|\n(?!\n$|$)/);
    expect(JSON.parse(data ?? "")).toEqual(JSON.parse(json));
    expect(data).toContain("1.0");
  });
});
