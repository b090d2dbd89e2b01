import type { Outcome } from "../domain/governance.ts";
import { isJsonObject, isRawNumber, type Json, type JsonObject, foldedKey } from "@sark/json";
import { costOf, MAX_COST, parseAmount } from "./money.ts";

/** A price of the configuration. */
export interface PriceRule {
  readonly server: string;
  readonly tool?: string | undefined;
  readonly perCall?: string | undefined;
  readonly perUnit?: string | undefined;
  readonly units?: string | undefined;
  readonly expectedUnits: number;
  readonly maxUnits?: number | undefined;
}

/**
 * Why other units were charged than a result says. `missing`: it says none, and none are charged. `unreadable`: what it says
 * is no number, and those are charged that were expected; `no_result`: the same where there is no result that can be
 * read, or none yet. `too_many`: it says more than one call is charged for, and that most is charged.
 */
export type UnitsNote = "missing" | "unreadable" | "no_result" | "too_many";

export interface Price {
  /** What is reserved while the call runs. */
  readonly expected: bigint;
  /** The most that a call can cost. */
  readonly most: bigint;
  /** What a call cost that ended in this way; `null` where what its result says was charged. */
  cost(
    outcome: Outcome,
    result: JsonObject | undefined,
  ): { readonly amount: bigint; readonly units: UnitsNote | null };
}

export interface PriceBook {
  /** `null` for a tool that is free. */
  find(server: string, tool: string): Price | null;
}

/**
 * The price of a call is due when the server may have done the work: not when it responded with a protocol error, could
 * not be reached, or asks for more input (the call is then sent again, and that one counts). Units count wherever a
 * result says them, one that asks for more input included; where there is no result, and the price is due, those that
 * were expected.
 */
const DUE: Readonly<Record<Outcome, boolean>> = {
  ok: true,
  tool_error: true,
  timeout: true,
  cancelled: true,
  protocol_error: false,
  upstream_error: false,
  input_required: false,
};

export function createPriceBook(rules: readonly PriceRule[]): PriceBook {
  const book = new Map(rules.map((rule) => [keyOf(rule.server, rule.tool ?? null), toPrice(rule)]));
  return {
    find: (server, tool) => book.get(keyOf(server, tool)) ?? book.get(keyOf(server, null)) ?? null,
  };
}

/** Two prices of the same identity are about the same tools. */
export function priceIdentity({ server, tool }: Pick<PriceRule, "server" | "tool">): string {
  return keyOf(server, tool ?? null);
}

function keyOf(server: string, tool: string | null): string {
  return `${foldedKey(server)} ${tool === null ? "*" : foldedKey(tool)}`;
}

function toPrice({ perCall = "0", perUnit = "0", units, expectedUnits, maxUnits }: PriceRule): Price {
  const callPrice = parseAmount(perCall);
  const unitPrice = parseAmount(perUnit);
  const expectedUnitPrice = unitPrice * BigInt(expectedUnits);
  const stated = maxUnits === undefined ? MAX_COST : unitPrice * BigInt(maxUnits);
  const most = stated < MAX_COST ? stated : MAX_COST;
  return {
    expected: callPrice + expectedUnitPrice,
    most: callPrice + (units === undefined || most < expectedUnitPrice ? expectedUnitPrice : most),
    cost(outcome, result) {
      const expected = DUE[outcome] ? callPrice + expectedUnitPrice : 0n;
      if (units === undefined) {
        return { amount: expected, units: null };
      }
      if (result === undefined) {
        // To leave before the response, or to ask for one that is too large to be read, saves no units.
        return { amount: expected, units: DUE[outcome] ? "no_result" : null };
      }
      const said = lookUp(result, units);
      const due = DUE[outcome] ? callPrice : 0n;
      if (said === undefined && isTask(result)) {
        // Its result is fetched with another request: to ask for one saves no units.
        return { amount: expected, units: DUE[outcome] ? "no_result" : null };
      }
      if (said === undefined) {
        return { amount: due, units: DUE[outcome] ? "missing" : null };
      }
      const digits = digitsOf(said);
      const cost = digits === null ? "unreadable" : costOf(digits, unitPrice, most);
      switch (cost) {
        case "unreadable":
          return { amount: expected, units: cost };
        case "too_many":
          // Less would let a server that says ever more be used for nothing.
          return { amount: due + most, units: cost };
        default:
          return { amount: due + cost, units: null };
      }
    },
  };
}

/** The call goes on, as a task of the server: `CreateTaskResult` of the revision that brought tasks, and of the extension that they are now. */
function isTask({ task, resultType }: JsonObject): boolean {
  return resultType === "task" || (task !== undefined && isJsonObject(task));
}

/** Of a number as it was written, or of a text of digits. */
function digitsOf(value: Json): string | null {
  if (typeof value === "string" || typeof value === "number") {
    return String(value);
  }
  return isRawNumber(value) ? value.rawJSON : null;
}

/** RFC 6901. */
function lookUp(result: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = result;
  for (const token of pointer.slice(1).split("/")) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) {
      value = /^(?:0|[1-9]\d{0,6})$/.test(key) ? value[Number(key)] : undefined;
    } else if (typeof value === "object" && value !== null && !isRawNumber(value)) {
      value = Object.hasOwn(value, key) ? value[key] : undefined;
    } else {
      return undefined;
    }
  }
  return value;
}
