import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import type { Output } from "../../output/output-file.ts";
import { createProgress } from "../../terminal/progress.ts";
import { formatCount } from "../../terminal/style.ts";
import type { ToolContext } from "../../tool-context.ts";
import { filterFlags, filterQuery, type FilterFlags } from "./filters.ts";

const FORMATS = ["jsonl", "csv", "verifiable"] as const;

interface ExportFlags extends ClientFlags, FilterFlags {
  readonly format: (typeof FORMATS)[number];
  readonly output?: string;
}

export const exportCommand = defineCommand<ExportFlags>({
  run: exportEvents,
  parameters: {
    flags: {
      ...clientFlags,
      ...filterFlags,
      format: {
        kind: "enum",
        values: FORMATS,
        default: "jsonl",
        brief: "verifiable: what `audit verify --export` checks offline",
      },
      output: {
        kind: "parsed",
        parse: (value: string) => value,
        optional: true,
        placeholder: "FILE",
        brief: "Write there instead of to standard output; packed when it ends in .gz",
      },
    },
  },
  docs: {
    description: "A file that was cut off is not complete: the exit code says so.",
    examples: [
      "gateway-admin audit export --since yesterday --format csv > events.csv",
      "gateway-admin audit export --format verifiable --output audit.jsonl.gz",
    ],
    exitCodes: {
      0: "it is written whole",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses, or the file is not complete",
    },
  },
});

async function exportEvents(this: ToolContext, flags: ExportFlags): Promise<void> {
  const { stdout, stderr } = this.process;
  const query = new URLSearchParams({ ...filterQuery(flags), format: flags.format });
  const body = await openGateway(flags, this).stream(`audit/export?${query.toString()}`);
  const { openOutput } = await import("../../output/output-file.ts");
  // Not before there is something to write: a refusal leaves a file as it was.
  let output: Output | null = null;
  let bytes = 0;
  const progress = createProgress(stderr);
  try {
    for await (const piece of body) {
      output ??= openOutput(flags.output, stdout);
      await output.write(Buffer.from(piece));
      bytes += piece.byteLength;
      progress.update(`${formatCount(Math.round(bytes / 1_048_576))} MiB written`);
    }
    output ??= openOutput(flags.output, stdout);
    await output.end();
  } finally {
    progress.clear();
  }
  stderr.write(`${formatCount(bytes)} bytes written.\n`);
}
