import { describe, expect, it } from "vitest";
import { hideCardNumbers } from "./card-numbers.ts";
import { hideEmailAddresses } from "./email-addresses.ts";
import { redactText } from "./secret-patterns.ts";

/** Published test numbers of the networks. */
const CARDS = [
  "4111111111111111",
  "4012888888881881",
  "4222222222222",
  "5555555555554444",
  "5105105105105100",
  "2223003122003222",
  "2720994326581252",
  "378282246310005",
  "371449635398431",
  "6011111111111117",
  "6011000990139424",
  "30569309025904",
  "38520000023237",
  "3530111333300000",
  "6212345678901265",
  "6304000000000000",
];

describe("numbers of cards", () => {
  it.each(CARDS)("are hidden, whatever stands between their groups: %s [LOG-2]", (card) => {
    const [, a = "", b = "", c = "", d = ""] = /^(....)(....)(....)(.*)$/.exec(card) ?? [];
    for (const separator of ["", " ", "-", ".", "_", "+", "\u00a0", "\u202f", "\u2011", "%20"]) {
      const groups = d.length < 3 ? [a, b, c + d] : [a, b, c, d];
      const written = groups.join(separator);
      for (const [before, after] of [
        ["", ""],
        ["card=", "&cvv=1"],
        ["paid with ", ", thanks"],
        ["visa", "x"],
        ["\n", "\n"],
        ['{"n":"', '"}'],
        ["1234 ", " 123"],
      ] as const) {
        expect(hideCardNumbers(before + written + after)).toBe(`${before}[redacted]${after}`);
      }
    }
  });

  it("are hidden in the groups of American Express, and two in a row [LOG-2]", () => {
    expect(hideCardNumbers("3782 822463 10005")).toBe("[redacted]");
    expect(redactText("4111111111111111 5555 5555 5555 4444.")).toBe("[redacted] [redacted].");
  });

  it.each([
    "4111111111111112",
    "1732792786123456",
    "1732792786123",
    "0af7651916cd43dd8448eb211c80319c",
    "4111111111111111aabbccddeeff0011",
    "deadbeef4111111111111111",
    "41111111-1111-4111-8111-111111111111",
    "2026-11-28T11:20:03.123Z 127.0.0.1:8080",
    "+49 170 1234567",
    "41111111111111110000000000",
    "1000 2000 3000",
  ])("leave other numbers alone: %s [LOG-2]", (text) => {
    expect(hideCardNumbers(text)).toBe(text);
  });
});

describe("addresses of e-mail", () => {
  it.each([
    ["alice@example.com", "[redacted]"],
    ["from <alice.b+c@mail.example.co.uk>, twice", "from <[redacted]>, twice"],
    ["user=alice@example.com&x=1", "user=[redacted]&x=1"],
    ["?to=alice%40example.com", "?to=[redacted]"],
    ["jürgen@müller.de и вася@пример.рф", "[redacted] и [redacted]"],
    ["x@xn--mller-kva.xn--p1ai.", "[redacted]."],
    ['"a@b.io"', '"[redacted]"'],
  ])("are hidden where that is wanted: %s [LOG-2]", (text, shown) => {
    expect(hideEmailAddresses(text)).toBe(shown);
  });

  it.each(["npm i @scope/name@1.2.3", "a @ b.com", "user@host", "@alice said"])(
    "leave other text alone: %s [LOG-2]",
    (text) => expect(hideEmailAddresses(text)).toBe(text),
  );
});

it.each(["4", "4111 ", "411-", "4111111111111111", "a@", "a@b.", "a.", "a%40", "123%20", "4111 a"])(
  "a text of nothing but %j is read in time that grows no faster than it does [LOG-2]",
  (attack) => {
    const quickest = (length: number) => {
      const text = `${attack.repeat(length / attack.length)}@`;
      const times = Array.from({ length: 3 }, () => {
        const began = process.threadCpuUsage();
        hideEmailAddresses(hideCardNumbers(text));
        const { user, system } = process.threadCpuUsage(began);
        return (user + system) / 1_000;
      });
      return Math.min(...times);
    };
    expect(quickest(80_000)).toBeLessThan(Math.max(quickest(5_000), 1) * 100);
  },
);
