import { expect, it } from "vitest";
import { isLoopback } from "./loopback.ts";

it.each(["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("stays on this machine: %s", (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each(["127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "::2", ""])(
  "may leave it: %s",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
