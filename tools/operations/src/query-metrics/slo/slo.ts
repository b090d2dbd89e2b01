import { parseDuration } from "@sark/observability/forms";
import { EXIT } from "../../exit-code.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import {
  describeSource,
  figureFlags,
  openSource,
  sourceJson,
  type SourceFlags,
} from "../asking/source-flags.ts";
import { holdAgainst, type Objective } from "./objectives.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

interface SloFlags extends SourceFlags {
  readonly availability: number;
  readonly latency: number;
}

export const sloCommand = defineCommand<SloFlags>({
  run: slo,
  parameters: {
    flags: {
      ...figureFlags,
      availability: {
        kind: "parsed",
        parse: parsePercent,
        default: "99.9",
        placeholder: "PERCENT",
        brief: "Part of the calls that should not fail by the upstream server or its silence",
      },
      latency: {
        kind: "parsed",
        parse: parseDuration,
        default: "1s",
        placeholder: "TIME",
        brief: "What 99 of 100 calls of each tool should not exceed",
      },
    },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).objectives },
  docs: {
    description: "An error of the tool itself, a denial and a cancelled call count against no objective.",
    examples: [
      "query-metrics slo --last 7d",
      "query-metrics slo --last 30d --availability 99.5 --latency 2s --json",
    ],
    exitCodes: {
      0: "the objectives are met",
      1: "one is not",
      2: "the command line is wrong",
      3: "the source cannot be asked, or refuses",
      4: "nothing was called",
    },
  },
});

async function slo(this: ToolContext, flags: SloFlags): Promise<void> {
  const { stdout, env } = this.process;
  const { last, json } = flags;
  const source = await openSource(flags, this);
  const [outcomes, tools] = await Promise.all([
    source.figures({ by: "outcome", last, percentiles: [] }),
    source.figures({ by: "tool", last, percentiles: [99] }),
  ]);
  const objectives = holdAgainst(outcomes.rows, tools.rows, {
    availability: flags.availability / 100,
    latencyMs: flags.latency,
  });
  if (objectives === null) {
    stdout.write(json ? jsonLine({ ...sourceJson(source, last), objectives: [] }) : "");
    this.process.stderr.write("Nothing was called: there is nothing to hold against the objectives.\n");
    this.process.exitCode = EXIT.nothing;
    return;
  }
  if (objectives.some(({ met }) => !met)) {
    this.process.exitCode = EXIT.finding;
  }
  if (json) {
    stdout.write(jsonLine({ ...sourceJson(source, last), objectives }));
    return;
  }
  const style = styleFor(stdout, env);
  stdout.write(describeSource(source, last));
  stdout.write(
    formatTable<Objective>(
      [
        { title: "OBJECTIVE", value: ({ name }) => name },
        { title: "WANTED", value: ({ wanted }) => wanted },
        { title: "IS", value: ({ is }) => is },
        {
          title: "BUDGET LEFT",
          align: "right",
          value: ({ budget_left: left }) => (left === null ? "-" : `${(left * 100).toFixed(1)} %`),
        },
        { title: "CALLS", align: "right", value: ({ calls }) => formatCount(calls) },
        {
          title: "",
          value: ({ met }) => (met ? "met" : "missed"),
          paint: ({ met }) => (met ? style.good : style.bad),
        },
      ],
      objectives,
      style,
    ),
  );
}

function parsePercent(text: string): number {
  if (!/^\d{1,2}(?:\.\d{1,4})?$/.test(text) || Number(text) <= 0) {
    throw new RangeError(`"${text}" is no percentage above 0 and below 100, such as 99.9`);
  }
  return Number(text);
}
