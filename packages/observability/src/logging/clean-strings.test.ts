import { expect, it } from "vitest";
import { createCleanStrings } from "./clean-strings.ts";
import { createLogger } from "./logger.ts";

function open(extra: { readonly service?: string } = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    service: "app",
    environment: "test",
    version: "1",
    level: "info",
    destination: { write: (line) => void lines.push(line) },
    ...extra,
  });
  return { lines, logger };
}

it("forgets strings that do not come again, and keeps those that do [LOG-2]", () => {
  const strings = createCleanStrings();
  strings.remember("first");
  for (let n = 0; n < 20_000; n += 1) {
    strings.remember(`other ${n}`);
    if (n % 1_000 === 0) {
      expect(strings.has("first")).toBe(true);
    }
  }
  expect(strings.has("other 0")).toBe(false);
  expect(strings.has("other 19999")).toBe(true);
  strings.remember("x".repeat(65));
  expect(strings.has("x".repeat(65))).toBe(false);
});

it.each([
  ["a shape", "Bearer abcdefgh12345678", "abcdefgh"],
  ["a name and a value", "password=hunter2", "hunter2"],
  ["a card's number", "4111111111111111", "4111111111111111"],
  ["JSON", '{"pin":"hunter2"}', "hunter2"],
])(
  "takes a secret out of each line that has it, not of the first alone: %s [LOG-2]",
  (_what, text, secret) => {
    const { lines, logger } = open();
    for (let n = 0; n < 3; n += 1) {
      logger.info({ note: text }, "x");
      logger.info({ [text]: 1 }, "x");
      logger.info({ list: [{ deep: text }] }, text);
      logger.info({ note: "clean" }, "x");
    }
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  },
);

it("takes a value for a secret under one name that was none under another [LOG-2]", () => {
  const { lines, logger } = open();
  logger.info({ city: "hunter2", list: ["hunter2"] }, "hunter2");
  logger.info({ password: "hunter2", pair: { name: "pin", value: "hunter2" } }, "x");
  logger.info({ raw: ["Authorization", "hunter2"] }, "x");
  expect(lines[0]).toContain("hunter2");
  expect(lines.slice(1).join("")).not.toContain("hunter2");
});

it("scans a line although one that was logged while it was made was clean [LOG-2]", () => {
  const { lines, logger } = open();
  const logs = {
    toJSON() {
      logger.info({ inner: 1 }, "inner");
      return "seen";
    },
  };
  for (let n = 0; n < 2; n += 1) {
    logger.info({ first: "token=hunter2", between: logs, last: "seen" }, "outer");
  }
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
    "inner",
    "outer",
    "inner",
    "outer",
  ]);
  expect(lines.join("")).not.toContain("hunter2");
});

it("takes a secret out of what all lines have in common [LOG-2]", () => {
  const { lines, logger } = open({ service: "token=hunter2" });
  const child = logger.child({ component: "Bearer abcdefgh12345678" });
  for (let n = 0; n < 2; n += 1) {
    logger.info({}, "x");
    child.info({}, "x");
  }
  expect(lines.join("")).not.toMatch(/hunter2|abcdefgh/);
});

it("bounds the text of a line also where its strings are known [LOG-2]", () => {
  const { lines, logger } = open();
  const known = "y".repeat(64);
  for (let n = 0; n < 2; n += 1) {
    logger.info({ lists: Array.from({ length: 19 }, () => Array.from({ length: 99 }, () => known)) }, "x");
  }
  expect(lines[1]?.length).toBeLessThan(110_000);
  expect(lines[1]).toContain("characters cut");
});
