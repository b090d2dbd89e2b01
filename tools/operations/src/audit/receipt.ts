import { CommandError, EXIT } from "../exit-code.ts";
import { readInput, type UnreadInput } from "./read-input.ts";
import { formatCount, styleFor } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { jsonFlag, parseSeq } from "../flags.ts";
import { defineCommand } from "../frame/define-command.ts";
import { formatLines, jsonLine, inertJson } from "../terminal/printable.ts";
import { receiptOutput } from "./output.ts";

interface ReceiptFlags {
  readonly key: readonly string[];
  readonly seq?: number;
  readonly leafHash?: string;
  readonly json: boolean;
}

export const verifyCommand = defineCommand<ReceiptFlags, [string]>({
  run: checkReceipt,
  parameters: {
    flags: {
      key: {
        kind: "parsed",
        parse: (value: string) => value,
        variadic: true,
        placeholder: "VKEY|FILE",
        brief: "Key to trust, or a file of them; may be repeated",
      },
      seq: {
        kind: "parsed",
        parse: parseSeq,
        optional: true,
        placeholder: "N",
        brief: "Number that the gateway told the caller (Sark-Audit-Seq)",
      },
      leafHash: {
        kind: "parsed",
        parse: parseLeafHash,
        optional: true,
        placeholder: "HEX",
        brief: "Hash of the record that the gateway told the caller (Sark-Audit-Leaf-Hash)",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: (value: string) => value, placeholder: "FILE", brief: "The receipt (C2SP tlog-proof)" },
      ],
    },
  },
  output: { shape: "object", schema: receiptOutput },
  docs: {
    description: `Verifies offline that the event in a receipt is in the log, at its place, and prints the event. With --seq and
--leaf-hash also that it is the event which the gateway told the caller of when it responded to the call.`,
    examples: [
      "audit receipt verify call.tlog-proof --key keys.txt",
      "audit receipt verify call.tlog-proof --key keys.txt --seq 1041 --leaf-hash 5c8e…",
    ],
    exitCodes: {
      0: "the event is in the log",
      1: "the receipt does not prove it",
      2: "the command line is wrong",
    },
  },
});

const AMBIGUOUS =
  "What is in the log there is no event that this software writes: its bytes are not canonical JSON, so that two readers may see two events.";

function parseLeafHash(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new SyntaxError(`"${text}" is no SHA-256 in hex`);
  }
  return text.toLowerCase();
}

async function checkReceipt(this: ToolContext, flags: ReceiptFlags, file: string): Promise<void> {
  const { stdout, env } = this.process;
  const [{ hasOneReading, parseJson }, { TransparencyLogError, verifyReceipt }, { readKeys }] =
    await Promise.all([
      import("@sark/audit/json"),
      import("@sark/audit/transparency-log"),
      import("./inputs.ts"),
    ]);
  const keys = await readKeys(flags.key);
  const text = await readReceipt(file);
  const style = styleFor(stdout, env);
  const sayNotProven = (code: string, message: string): void => {
    stdout.write(
      flags.json
        ? jsonLine({ ok: false, code, message })
        : formatLines([`${style.bad("NOT PROVEN")}: ${message}`]),
    );
    this.process.exitCode = EXIT.finding;
  };
  try {
    const { receipt, checkpoint } = verifyReceipt(text, keys, {
      ...(flags.seq === undefined ? {} : { seq: flags.seq }),
      ...(flags.leafHash === undefined ? {} : { leafHash: flags.leafHash }),
    });
    if (!hasOneReading(receipt.event)) {
      sayNotProven("ambiguous_event", AMBIGUOUS);
      return;
    }
    const event = parseJson(Buffer.from(receipt.event).toString("utf8"), "any");
    const place = { seq: receipt.index, origin: checkpoint.origin, size: checkpoint.size };
    stdout.write(
      flags.json
        ? jsonLine({ ok: true, ...place, event })
        : `${inertJson(JSON.stringify(event, null, 2))}\n${style.good("OK")}: number ${formatCount(place.seq)} of ${place.origin}, in its tree of ${formatCount(place.size)} events.\n`,
    );
  } catch (error) {
    if (!(error instanceof TransparencyLogError)) {
      throw error;
    }
    sayNotProven(error.code, error.message);
  }
}

/** Of a receipt: one event and its proof. */
const MAX_MEBIBYTES = 64;

async function readReceipt(file: string): Promise<string> {
  try {
    return await readInput(file, MAX_MEBIBYTES);
  } catch (cause) {
    const { reason } = cause as UnreadInput;
    throw new CommandError(EXIT.usage, `Cannot read ${file} (${reason}).`, { cause });
  }
}
