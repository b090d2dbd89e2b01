import { randomBytes } from "node:crypto";
import { afterEach, expect, it, vi } from "vitest";
import type { SessionNews } from "../../domain/sessions.ts";
import { createSeal } from "@sark/shared-state";
import { createAnnouncements } from "./announcements.ts";

afterEach(() => void vi.useRealTimers());

const CANCELLED: SessionNews = { what: "cancelled", server: "s", fingerprint: "f", id: 1 };
const ENDED: SessionNews = {
  what: "ended",
  server: "s",
  fingerprint: "f",
  id: "x",
  ended: { outcome: "tool_error", message: "m" },
  response: '{"jsonrpc":"2.0","id":"x","result":{"text":"\\ud800"}}',
};

/** Replicas on one channel, to which anyone may write. */
function channelOf() {
  const listeners: ((message: string) => void)[] = [];
  const sent: string[] = [];
  const publish = (message: string) => {
    sent.push(message);
    listeners.forEach((listener) => listener(message));
  };
  const replica = (name: string, key: Buffer) => {
    const heard: SessionNews[] = [];
    const { announce, onAnnounced } = createAnnouncements({
      state: {
        status: { up: true, since: 0, changed: 0, times: 1, problem: null },
        listen: (_channel, listener) => void listeners.push(listener),
        async run(_script, _keys, [message = ""]) {
          publish(message);
        },
      },
      seal: createSeal(key, "sessions"),
      channel: "said",
      replica: name,
    });
    onAnnounced((news) => void heard.push(news));
    return { announce, heard };
  };
  return { replica, publish, sent };
}

it("replicas hear of each other what they see in sessions, and none reads it without their key [GTW-6]", () => {
  const { replica, sent } = channelOf();
  const key = randomBytes(32);
  const [one, two, foreign] = [replica("one", key), replica("two", key), replica("x", randomBytes(32))];
  one.announce(CANCELLED);
  one.announce(ENDED);
  expect(two.heard).toEqual([CANCELLED, ENDED]);
  expect([one.heard, foreign.heard]).toEqual([[], []]);
  expect(sent.join()).not.toContain("tool_error");
});

it("what is written to their channel without the key, changed, or again, is not heard: it would be on record [GTW-6] [GTW-12]", () => {
  const { replica, publish, sent } = channelOf();
  const key = randomBytes(32);
  const [one, two] = [replica("one", key), replica("two", key)];
  one.announce(ENDED);
  const [message = ""] = sent;
  expect(two.heard).toHaveLength(1);
  for (const forged of [
    message,
    JSON.stringify({ ...CANCELLED, by: "one" }),
    JSON.stringify({ by: "one", time: Date.now(), nonce: "n", news: ENDED }),
    `${message.slice(0, -2)}AA`,
    "",
    "null",
  ]) {
    publish(forged);
  }
  replica("three", randomBytes(32)).announce(ENDED);
  expect(two.heard).toHaveLength(1);
});

it("what was held back for longer than a minute is not heard: its id may be that of another call by then [GTW-6]", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { replica, publish, sent } = channelOf();
  const key = randomBytes(32);
  const one = replica("one", key);
  one.announce(ENDED);
  const late = replica("late", key);
  vi.setSystemTime(Date.now() + 61_000);
  publish(sent[0] ?? "");
  expect(late.heard).toEqual([]);
});
