import { EventEmitter } from "node:events";
import type { FastifyReply, FastifyRequest } from "fastify";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createCredentialWatch } from "./credential-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const request = {} as FastifyRequest;
const replying = (destroyed = false) => {
  const raw = Object.assign(new EventEmitter(), { destroyed });
  return { raw, reply: { raw } as unknown as FastifyReply };
};

it("ends what lasts once its credential is not good any more, and not before [GTW-1]", () => {
  let good = true;
  const { reply } = replying();
  const signal = createCredentialWatch(() => good, 1_000)(request, reply);
  vi.advanceTimersByTime(60_000);
  expect(signal.aborted).toBe(false);
  good = false;
  vi.advanceTimersByTime(1_000);
  expect(signal.aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("looks no more once the response is over, however it ended", () => {
  const { raw, reply } = replying();
  const watch = createCredentialWatch(() => false, 1_000);
  const signal = watch(request, reply);
  raw.emit("close");
  expect(vi.getTimerCount()).toBe(0);
  watch(request, replying(true).reply);
  expect(vi.getTimerCount()).toBe(0);
  expect(signal.aborted).toBe(false);
});
