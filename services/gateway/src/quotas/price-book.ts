import type { Outcome } from "../domain/governance.ts";
import { isRawNumber, type Json, type JsonObject } from "../domain/json.ts";
import { foldedKey } from "../json/folded-key.ts";
import { costOf, parseAmount } from "./money.ts";

/** A price of the configuration. */
export interface PriceRule {
  readonly server: string;
  readonly tool?: string | undefined;
  readonly perCall?: string | undefined;
  readonly perUnit?: string | undefined;
  readonly units?: string | undefined;
  readonly expectedUnits: number;
}

export interface Price {
  /** What is reserved while the call runs. */
  readonly expected: bigint;
  /**
   * What a call cost that ended in this way. `unreadable`: what the result says of its units is no number, or too large
   * a one, or the result is too large to be read; then those count that were expected.
   */
  cost(
    outcome: Outcome,
    result: JsonObject | undefined,
  ): { readonly amount: bigint; readonly unreadable: boolean };
}

export interface PriceBook {
  /** `null` for a tool that is free. */
  find(server: string, tool: string): Price | null;
}

/**
 * The price of a call is due when the server may have done the work: not when it responded with a protocol error, could
 * not be reached, or asks for more input (the call is then sent again, and that one counts). Units count wherever a
 * result says them; where there is no result, and the price is due, those that were expected.
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

function toPrice({ perCall = "0", perUnit = "0", units, expectedUnits }: PriceRule): Price {
  const callPrice = parseAmount(perCall);
  const unitPrice = parseAmount(perUnit);
  const expectedUnitPrice = unitPrice * BigInt(expectedUnits);
  return {
    expected: callPrice + expectedUnitPrice,
    cost(outcome, result) {
      const expected = DUE[outcome] ? callPrice + expectedUnitPrice : 0n;
      if (units === undefined) {
        return { amount: expected, unreadable: false };
      }
      if (result === undefined) {
        // To leave before the response, or to ask for one that is too large to be read, saves no units.
        return { amount: expected, unreadable: outcome === "ok" || outcome === "tool_error" };
      }
      const said = lookUp(result, units);
      const due = DUE[outcome] ? callPrice : 0n;
      if (said === undefined) {
        return { amount: due, unreadable: false };
      }
      const digits = digitsOf(said);
      const cost = digits === null ? null : costOf(digits, unitPrice);
      return cost === null
        ? { amount: expected, unreadable: true }
        : { amount: due + cost, unreadable: false };
    },
  };
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
