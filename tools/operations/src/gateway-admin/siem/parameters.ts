import { parseSeq } from "../../flags.ts";
import { CommandError, EXIT } from "../../exit-code.ts";

const text = (value: string) => value;
const name = { parse: text, placeholder: "NAME", brief: "The destination, as the configuration calls it" };

export const oneName = { kind: "tuple", parameters: [name] } as const;
export const optionalName = { kind: "tuple", parameters: [{ ...name, optional: true }] } as const;

/** Which events of a quarantine. */
export interface SelectionFlags {
  readonly seq?: readonly number[];
  readonly all: boolean;
}

export const selectionFlags = {
  seq: {
    kind: "parsed",
    parse: parseSeq,
    optional: true,
    variadic: true,
    placeholder: "N",
    brief: "Number of an event; may be repeated",
  },
  all: { kind: "boolean", default: false, brief: "All that are in quarantine" },
} as const;

/** As the gateway takes it. */
export function selectionOf({ seq = [], all }: SelectionFlags): { seqs: readonly number[] } | { all: true } {
  if (all === seq.length > 0) {
    throw new CommandError(EXIT.usage, "Say either --seq N or --all.");
  }
  return all ? { all } : { seqs: seq };
}

/** Below `/api/v1/`. */
export function pathOf(destination?: string, rest = ""): string {
  const base = "siem/destinations";
  return destination === undefined ? base : `${base}/${encodeURIComponent(destination)}${rest}`;
}
