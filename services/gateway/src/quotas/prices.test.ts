import { parseJson } from "@sark/audit/json";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "@sark/json";
import { createBudgetBook, payerOf } from "./budget-book.ts";
import { quotasSchema } from "./config.ts";
import { costOf, formatAmount, parseAmount } from "./money.ts";
import { createPriceBook } from "./price-book.ts";

describe("amounts [GTW-4]", () => {
  it.each(["0", "1", "0.1", "0.000000001", "999999999.999999999", "12.5"])(
    "%s is read and written exactly",
    (text) => {
      expect(formatAmount(parseAmount(text))).toBe(text);
    },
  );

  it.each([
    "",
    "-1",
    "+1",
    "01",
    "1.",
    ".5",
    "1e3",
    "0.0000000001",
    "1000000000",
    "1,5",
    " 1",
    "1\n",
    "Infinity",
  ])("%j is none", (text) => expect(() => parseAmount(text)).toThrow(RangeError));

  it("below 0 are written, too, and zeros at the end are not", () => {
    expect([formatAmount(-2_500_000_000n), formatAmount(-1n), formatAmount(1_500_000_000n)]).toEqual([
      "-2.5",
      "-0.000000001",
      "1.5",
    ]);
  });

  it("of units are exact, in whatever form the number is written, and rounded up to a billionth", () => {
    const token = parseAmount("0.00000015");
    expect(costOf("1000000", token)).toBe(parseAmount("0.15"));
    expect(costOf("1e6", token)).toBe(parseAmount("0.15"));
    expect(costOf("1.5E+2", 2n)).toBe(300n);
    expect(costOf("0.1", 3n)).toBe(1n);
    expect(costOf("3", parseAmount("0.1"))).toBe(parseAmount("0.3"));
    expect(costOf("1e-30", 5n)).toBe(1n);
    expect(costOf("0", 5n)).toBe(0n);
    expect(costOf("0e-300", 5n)).toBe(0n);
    expect(costOf("9007199254740993e-1", 1n)).toBe(900_719_925_474_100n);
  });

  it.each([
    "-1",
    "-0",
    "-1e20",
    "NaN",
    "Infinity",
    "",
    " ",
    "12 ",
    "\n1",
    "+1",
    "0x10",
    "1_000",
    "1,5",
    "1.",
    ".5",
    "1e",
    "1e+",
    "e5",
    "\u0661",
    "1\u0000",
    "many",
    "1e1.5",
  ])("of %j units cannot be read", (units) => {
    expect(costOf(units, parseAmount("1"))).toBe("unreadable");
  });

  it.each([
    "1e20",
    "1E+20",
    "1e400",
    "1e99",
    "1e99999999999999999999",
    "100000000000000000000",
    "999999999999999999",
    "1000000.000000001",
    "9".repeat(100_000),
    `${"9".repeat(50)}.5`,
  ])("of %s units are too many", (units) => {
    expect(costOf(units, parseAmount("1"))).toBe("too_many");
  });

  it("of numbers with any number of digits are right, and rounded up", () => {
    const one = parseAmount("1");
    expect(costOf("1000000", one)).toBe(parseAmount("1000000"));
    expect(costOf("0000000000000000000000000000000000000000000000012", one)).toBe(parseAmount("12"));
    expect(costOf(`12.${"0".repeat(100_000)}`, one)).toBe(parseAmount("12"));
    expect(costOf(`12.${"0".repeat(100_000)}1`, one)).toBe(parseAmount("12.000000001"));
    expect(costOf(`0.${"0".repeat(100)}1`, one)).toBe(1n);
    expect(costOf("1e-99999999999999999999", one)).toBe(1n);
    expect(costOf(`${"1".repeat(70)}e-69`, one)).toBe(parseAmount("1.111111112"));
    expect(costOf("1e99", 0n)).toBe(0n);
  });
});

describe("prices [GTW-4]", () => {
  const rules = quotasSchema.parse({
    prices: [
      { server: "llm", perCall: "0.01" },
      {
        server: "llm",
        tool: "complete",
        perCall: "0.001",
        perUnit: "0.0000001",
        units: "/structuredContent/usage/0/to~1kens",
        expectedUnits: 1_000,
      },
    ],
  }).prices;
  const book = createPriceBook(rules);
  const price = book.find("LLM", "Complete")!;
  const cost = (outcome: Parameters<typeof price.cost>[0], text?: string) => {
    const result = text === undefined ? undefined : (parseJson(text, "any") as JsonObject);
    const { amount, units } = price.cost(outcome, result);
    return units === null ? formatAmount(amount) : `${formatAmount(amount)} ${units}`;
  };
  const saying = (units: string) => `{"structuredContent":{"usage":[{"to/kens":${units}}]}}`;

  it("are those of the tool, else of its server, by whichever spelling; other tools are free", () => {
    expect(formatAmount(price.expected)).toBe("0.0011");
    expect(formatAmount(book.find("llm", "other")!.expected)).toBe("0.01");
    expect(book.find("files", "complete")).toBeNull();
  });

  it("count what the result says, exactly", () => {
    expect(cost("ok", saying("123456789"))).toBe("12.3466789");
    expect(cost("ok", saying('"2500"'))).toBe("0.00125");
    expect(cost("ok", saying("1.5"))).toBe("0.00100015");
    expect(cost("ok", saying('"0.1"'))).toBe("0.00100001");
    expect(cost("ok", saying("0"))).toBe("0.001");
    expect(cost("tool_error", saying("10"))).toBe("0.001001");
    expect(cost("input_required", saying("10"))).toBe("0.000001");
  });

  it("count what was expected where the server makes a task of the call, as its result comes later", () => {
    for (const task of ['{"task":{"taskId":"t","status":"working"}}', '{"resultType":"task","taskId":"t"}']) {
      expect(cost("ok", task)).toBe("0.0011 no_result");
    }
    expect(cost("input_required", '{"task":{}}')).toBe("0");
    expect(cost("ok", '{"task":"a word","content":[]}')).toBe("0.001 missing");
    expect(cost("ok", `{"task":{},${saying("10").slice(1)}`)).toBe("0.001001");
  });

  it("count none where a result says none, and say so", () => {
    for (const text of [
      "{}",
      '{"structuredContent":{"usage":"x"}}',
      '{"structuredContent":{"usage":[{}]}}',
    ]) {
      expect([text, cost("ok", text)]).toEqual([text, "0.001 missing"]);
    }
  });

  it("count the most that may be where a result says more, so that no number is a way around the price", () => {
    for (const units of ["1e20", "1e400", "12345678901234567890", '"1e20"', '"99999999999999999999999"']) {
      expect([units, cost("ok", saying(units))]).toEqual([units, "1000000.001 too_many"]);
    }
    const stated = createPriceBook(
      quotasSchema.parse({
        prices: [
          { server: "s", perCall: "1", perUnit: "0.5", units: "/n", expectedUnits: 10, maxUnits: 100 },
        ],
      }).prices,
    ).find("s", "t")!;
    const said = (n: string) => stated.cost("ok", parseJson(`{"n":${n}}`, "any") as JsonObject);
    expect(said("100")).toEqual({ amount: parseAmount("51"), units: null });
    expect(said("100.01")).toEqual({ amount: parseAmount("51"), units: "too_many" });
    expect(said("-100")).toEqual({ amount: parseAmount("6"), units: "unreadable" });
  });

  it("count what was expected where there is no result to read, or no number of units in it", () => {
    for (const outcome of ["ok", "tool_error", "timeout", "cancelled"] as const) {
      expect(cost(outcome)).toBe("0.0011 no_result");
    }
    for (const units of [
      "-1",
      "null",
      "true",
      "[]",
      "{}",
      '"many"',
      '"NaN"',
      '"-1e20"',
      '"1 "',
      '"__proto__"',
    ]) {
      expect([units, cost("ok", saying(units))]).toEqual([units, "0.0011 unreadable"]);
    }
    expect(["protocol_error", "upstream_error"].map((outcome) => cost(outcome as "upstream_error"))).toEqual([
      "0",
      "0",
    ]);
  });
});

describe("budgets [GTW-4]", () => {
  it("are those of the most specific rule, one for all spellings of a name", () => {
    const book = createBudgetBook(
      quotasSchema.parse({
        budgets: [
          { for: "user", daily: "1" },
          { for: "user", tenant: "acme", daily: "2", monthly: "20", stop: "soft" },
          { for: "user", name: "Alice", daily: "3" },
          { for: "user", name: "alice", tenant: "acme", monthly: "4" },
        ],
      }).budgets,
    );
    const limits = (name: string, tenant: string | null) =>
      book
        .of(payerOf("user", name, tenant))
        .map(({ period, limit, hard }) => [period, formatAmount(limit), hard]);
    expect(limits("bob", null)).toEqual([["day", "1", true]]);
    expect(limits("bob", "ACME")).toEqual([
      ["day", "2", false],
      ["month", "20", false],
    ]);
    expect(limits("alice", "globex")).toEqual([["day", "3", true]]);
    expect(limits("ALICE", "acme")).toEqual([["month", "4", true]]);
    expect(book.of(payerOf("tenant", "acme", null))).toEqual([]);
  });

  it.each([
    [{ prices: [{ server: "s" }] }, "give perCall, perUnit or both"],
    [{ prices: [{ server: "s", perUnit: "1" }] }, "give perUnit and units together"],
    [{ prices: [{ server: "s", perCall: 0.1 }] }, "expected string"],
    [{ prices: [{ server: "s", perUnit: "1", units: "tokens" }] }, "must be a JSON pointer"],
    [{ prices: [{ server: "s", perCall: "1", maxUnits: 1 }] }, "maxUnits goes with units"],
    [
      { prices: [{ server: "s", perUnit: "1", units: "/n", expectedUnits: 2, maxUnits: 1 }] },
      "must be at least expectedUnits",
    ],
    [
      {
        prices: [
          { server: "s", perCall: "1" },
          { server: "S", perCall: "2" },
        ],
      },
      "is about the same as quotas.prices.0",
    ],
    [{ prices: [{ server: "s", perCall: "1000001" }] }, "at most 1000000"],
    [{ prices: [{ server: "s", perUnit: "1", units: "/n", expectedUnits: 1_000_001 }] }, "at most 1000000"],
    [{ budgets: [{ for: "user" }] }, "give daily, monthly or both"],
    [
      { budgets: [{ for: "tenant", tenant: "a", daily: "1" }] },
      "only a budget for a user or an agent has a tenant",
    ],
    [
      {
        budgets: [
          { for: "user", name: "a", daily: "1" },
          { for: "user", name: "A", daily: "2" },
        ],
      },
      "is about the same",
    ],
  ])("of %j are refused", (section, message) => {
    expect(quotasSchema.safeParse(section).error?.message).toContain(message);
  });
});
