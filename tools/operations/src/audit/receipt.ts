import { readFile } from "node:fs/promises";
import { buildCommand } from "@stricli/core";
import { parseJson } from "@sark/audit/json";
import { TransparencyLogError, verifyReceipt } from "@sark/audit/transparency-log";
import { CommandError, EXIT } from "../exit-code.ts";
import { printable, printableJson } from "../terminal/printable.ts";
import { formatCount, styleFor } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { readKeys } from "./inputs.ts";

interface ReceiptFlags {
  readonly key: readonly string[];
  readonly json: boolean;
}

export const receiptCommand = buildCommand<ReceiptFlags, [string], ToolContext>({
  func: checkReceipt,
  parameters: {
    flags: {
      key: {
        kind: "parsed",
        parse: (value: string) => value,
        variadic: true,
        placeholder: "VKEY|FILE",
        brief: "Key to trust, or a file of them; may be repeated",
      },
      json: { kind: "boolean", default: false, brief: "Print one JSON object" },
    },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: (value: string) => value, placeholder: "FILE", brief: "The receipt (C2SP tlog-proof)" },
      ],
    },
  },
  docs: {
    brief: "Verify a receipt: that its event stands in the log",
    fullDescription: `Verifies offline that the event in a receipt is in the log, at its place, and prints the event.

Example:
  audit receipt call.tlog-proof --key keys.txt

Exit codes: 0 the event is in the log, 1 the receipt does not prove it, 2 the command line is wrong.`,
  },
});

async function checkReceipt(this: ToolContext, flags: ReceiptFlags, file: string): Promise<void> {
  const { stdout, env } = this.process;
  const keys = await readKeys(flags.key);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(EXIT.usage, `Cannot read ${file} (${cause.code}).`, { cause });
  });
  const style = styleFor(stdout, env);
  try {
    const { receipt, checkpoint } = verifyReceipt(text, keys);
    const event = parseJson(Buffer.from(receipt.event).toString("utf8"), "any");
    const place = { seq: receipt.index, origin: checkpoint.origin, size: checkpoint.size };
    stdout.write(
      flags.json
        ? `${JSON.stringify({ ok: true, ...place, event })}\n`
        : `${printableJson(event)}\n${style.good("OK")}: number ${formatCount(place.seq)} of ${place.origin}, in its tree of ${formatCount(place.size)} events.\n`,
    );
  } catch (error) {
    if (!(error instanceof TransparencyLogError)) {
      throw error;
    }
    const { code, message } = error;
    stdout.write(
      flags.json
        ? `${JSON.stringify({ ok: false, code, message })}\n`
        : `${style.bad("NOT PROVEN")}: ${printable(message)}\n`,
    );
    this.process.exitCode = EXIT.finding;
  }
}
