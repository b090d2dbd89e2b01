import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { createRequestSlot } from "./request-slot.ts";

it("a slot keeps what it is given of each request, apart from other slots of its name", () => {
  const [one, other] = [createRequestSlot<string>("name"), createRequestSlot<string>("name")];
  const [first, second] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
  one.set(first, "a");
  other.set(first, "b");
  expect([one.get(first), other.get(first), one.get(second)]).toEqual(["a", "b", undefined]);
  // It is no part of what is written of a request.
  expect(Object.keys(first)).toEqual(Object.keys(second));
});
