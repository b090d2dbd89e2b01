import type { EventFilter } from "@sark/audit/store";
import { formatCount } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { parseSeq } from "../flags.ts";
import { createProgress } from "../terminal/progress.ts";
import { defineCommand } from "../frame/define-command.ts";

interface ExportFlags {
  readonly databaseUrl?: string;
  readonly output?: string;
  readonly fromSeq?: number;
  readonly toSeq?: number;
  readonly user?: string;
  readonly agent?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly request?: string;
  readonly from?: string;
  readonly to?: string;
}

const optionalText = (placeholder: string, brief: string) =>
  ({ kind: "parsed", parse: (value: string) => value, optional: true, placeholder, brief }) as const;
const optionalNumber = (brief: string) =>
  ({ kind: "parsed", parse: parseSeq, optional: true, placeholder: "N", brief }) as const;

export const exportCommand = defineCommand<ExportFlags>({
  run: exportLog,
  parameters: {
    flags: {
      databaseUrl: optionalText("URL", "PostgreSQL that holds the log; default DATABASE_URL"),
      output: optionalText("FILE", "Write there instead of to standard output; packed when it ends in .gz"),
      fromSeq: optionalNumber("First event by number"),
      toSeq: optionalNumber("Event after the last by number"),
      user: optionalText("ID", "Only events of this user"),
      agent: optionalText("ID", "Only events of this agent"),
      server: optionalText("NAME", "Only events of this server"),
      tool: optionalText("NAME", "Only events of this tool"),
      request: optionalText("ID", "Only events of this request"),
      from: optionalText("TIME", "Only events from this time on, RFC 3339"),
      to: optionalText("TIME", "Only events before this time, RFC 3339"),
    },
  },
  docs: {
    description: `Writes JSON Lines: each event in the bytes that were logged, and what proves them. What is left out
is proven to be in the log, too, by its hashes.`,
    examples: [
      "audit export --output audit.jsonl.gz",
      "audit export --user alice --from 2026-11-01T00:00:00Z > alice.jsonl",
    ],
    exitCodes: { 0: "it is written", 2: "the command line is wrong", 3: "it cannot be written" },
  },
});

async function exportLog(this: ToolContext, flags: ExportFlags): Promise<void> {
  const filter = Object.fromEntries(
    Object.entries({
      user_id: flags.user,
      agent_id: flags.agent,
      server_name: flags.server,
      tool_name: flags.tool,
      gateway_request_id: flags.request,
      from: flags.from,
      to: flags.to,
    }).filter(([, value]) => value !== undefined),
  ) as EventFilter;
  const [{ writeExport }, { openDatabase }, { openOutput }] = await Promise.all([
    import("@sark/audit/verification"),
    import("./inputs.ts"),
    import("../output/output-file.ts"),
  ]);
  const progress = createProgress(this.process.stderr);
  let bytes = 0;
  const pool = openDatabase(flags.databaseUrl, this);
  const sink = openOutput(flags.output, this.process.stdout);
  try {
    const { events } = await writeExport({
      pool,
      filter,
      ...(flags.fromSeq === undefined ? {} : { fromSeq: flags.fromSeq }),
      ...(flags.toSeq === undefined ? {} : { toSeq: flags.toSeq }),
      async write(piece) {
        await sink.write(piece);
        bytes += piece.byteLength;
        progress.update(`${formatCount(Math.round(bytes / 1_048_576))} MiB written`);
      },
    });
    await sink.end();
    progress.clear();
    this.process.stderr.write(`${formatCount(events)} events exported.\n`);
  } finally {
    progress.clear();
    await pool.end();
  }
}
