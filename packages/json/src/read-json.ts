import { JsonNumberError, parseJson } from "@sark/audit/json";
import type { Json } from "./json-value.ts";
import { findAmbiguity, type Ambiguity } from "./ambiguity.ts";
import { countMembers, measureJson } from "./measure.ts";

/** How much of it is read; both are counted before anything is parsed. */
export interface JsonBounds {
  /** Nesting of objects and arrays. */
  readonly maxDepth: number;
  readonly maxValues: number;
}

/** Text that is not read at all. */
export class UnreadableJson extends Error {
  override readonly name = "UnreadableJson";
  readonly kind: "too_deep" | "too_many_values" | "not_json";

  constructor(kind: UnreadableJson["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Why another parser of the same text may see another value. */
export type JsonProblem = Ambiguity | OtherProblem;

interface OtherProblem {
  readonly kind: "duplicate_key" | "number_out_of_range";
  readonly problem: string;
}

/**
 * Reads what a client sends, MCP and REST alike: no digit is lost, and what two readers could understand differently is
 * found. With a problem the value is for finding out what the text is about, and for no decision. Throws `UnreadableJson`.
 */
export function readJson(
  text: string,
  { maxDepth, maxValues }: JsonBounds,
): { readonly value: Json; readonly problem: JsonProblem | null } {
  const { depth, values, members } = measureJson(text);
  if (depth > maxDepth) {
    throw new UnreadableJson("too_deep", `nested deeper than ${maxDepth} levels`);
  }
  if (values > maxValues) {
    throw new UnreadableJson("too_many_values", `more than ${maxValues} JSON values`);
  }
  const { value, outOfRange } = parse(text);
  if (outOfRange !== null) {
    return { value, problem: outOfRange };
  }
  return { value, problem: countMembers(value) === members ? findAmbiguity(value, text) : DUPLICATE_KEY };
}

const DUPLICATE_KEY: OtherProblem = {
  kind: "duplicate_key",
  problem: "an object has the same key twice",
};

function parse(text: string): { readonly value: Json; readonly outOfRange: OtherProblem | null } {
  try {
    return { value: parseJson(text) as Json, outOfRange: null };
  } catch (error) {
    if (!(error instanceof JsonNumberError)) {
      throw new UnreadableJson("not_json", "not valid JSON", { cause: error });
    }
    const outOfRange = { kind: "number_out_of_range", problem: error.message } as const;
    return { value: JSON.parse(text) as Json, outOfRange };
  }
}
