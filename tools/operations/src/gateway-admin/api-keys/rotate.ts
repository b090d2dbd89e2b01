import { parseDuration } from "@sark/observability/forms";
import type { ToolContext } from "../../tool-context.ts";
import { parseDays } from "./days.ts";
import { EXIT_CODES, fileOf, keyFileFlags, onKeyFile, type KeyFileFlags } from "./key-file.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines } from "../../terminal/printable.ts";

interface RotateFlags extends KeyFileFlags {
  readonly overlap: number;
  readonly days?: Date;
}

export const rotateCommand = defineCommand<RotateFlags, [string]>({
  run: rotate,
  parameters: {
    flags: {
      overlap: {
        kind: "parsed",
        parse: parseDuration,
        default: "24h",
        placeholder: "DURATION",
        brief: "How long the key before stays good, e.g. 24h; 0s ends it at once",
      },
      days: {
        kind: "parsed",
        parse: parseDays,
        optional: true,
        placeholder: "N",
        brief: "How long the new key is valid; without it, as long as the one before was made for",
      },
      ...keyFileFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: (value: string) => value, placeholder: "ID", brief: "What the key is called" }],
    },
  },
  docs: {
    description:
      "Both keys are good until the overlap ends: hand the new one over meanwhile. Principal, roles and scope stay, and so does the name in records.",
    examples: [
      "gateway-admin api-keys rotate alice-laptop",
      "gateway-admin api-keys rotate bot-1 --overlap 1h --days 90",
    ],
    exitCodes: EXIT_CODES,
  },
});

async function rotate(this: ToolContext, flags: RotateFlags, id: string): Promise<void> {
  const { stdout, stderr } = this.process;
  const file = fileOf(flags, this);
  const { overlap: overlapMs, days: expires } = flags;
  const { key, record } = await onKeyFile(({ rotateApiKey }) =>
    rotateApiKey(file, id, { overlapMs, expires }),
  );
  const before = record.previous.at(-1);
  const until =
    overlapMs === 0 || before === undefined ? "is refused within seconds" : `is good until ${before.expires}`;
  stderr.write(formatLines([`The key before of ${id} ${until}. The new one cannot be shown again:`]));
  stdout.write(`${key}\n`);
}
