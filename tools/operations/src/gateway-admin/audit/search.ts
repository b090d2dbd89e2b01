import type { z } from "zod";
import { EXIT } from "../../exit-code.ts";
import { jsonFlag, limitFlag, type LimitFlags } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { responses } from "../../gateway-client/responses.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { createProgress } from "../../terminal/progress.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable } from "../../terminal/table.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { eventColumns, type StoredEvent } from "./event-columns.ts";
import { filterFlags, filterQuery, type FilterFlags } from "./filters.ts";

interface SearchFlags extends ClientFlags, FilterFlags, LimitFlags {
  readonly json: boolean;
}
type Page = z.output<Awaited<ReturnType<typeof responses.eventPage>>>;

const MAX_PAGE = 1_000;

export const searchCommand = defineCommand<SearchFlags>({
  run: search,
  parameters: {
    flags: {
      ...clientFlags,
      ...filterFlags,
      limit: limitFlag("50"),
      json: { ...jsonFlag, brief: "Print one JSON object a line, with the whole event" },
    },
  },
  output: { shape: "lines", schema: responses.storedEvent },
  docs: {
    description: "Reading the log goes on record, too.",
    examples: [
      "gateway-admin audit search --user alice --last 24h",
      "gateway-admin audit search --decision deny --since yesterday --limit 1000 --json",
    ],
    exitCodes: {
      0: "events were found",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
      4: "no event was found",
    },
  },
});

async function search(this: ToolContext, flags: SearchFlags): Promise<void> {
  const { stdout, stderr, env } = this.process;
  const gateway = openGateway(flags, this);
  const filters = filterQuery(flags);
  const found: StoredEvent[] = [];
  let shown = 0;
  let cursor: string | null = null;
  const progress = createProgress(stderr);
  try {
    do {
      progress.update(
        `${formatCount(shown)} of up to ${formatCount(flags.limit)} events`,
        shown / flags.limit,
      );
      const query: string = new URLSearchParams({
        ...filters,
        limit: String(Math.min(flags.limit - shown, MAX_PAGE)),
        ...(cursor === null ? {} : { cursor }),
      }).toString();
      const page: Page = await gateway.call("GET", `audit/events?${query}`, responses.eventPage);
      shown += page.events.length;
      cursor = page.next_cursor;
      if (flags.json) {
        progress.clear();
        await writeText(stdout, page.events.map(jsonLine).join(""));
      } else {
        found.push(...page.events);
      }
    } while (cursor !== null && shown < flags.limit);
  } finally {
    progress.clear();
  }
  if (shown === 0) {
    stderr.write("No event was found.\n");
    this.process.exitCode = EXIT.nothing;
    return;
  }
  const style = styleFor(stdout, env);
  if (!flags.json) {
    await writeText(stdout, formatTable(eventColumns(style), found, style));
  }
  if (cursor !== null) {
    stderr.write("There are more: raise --limit.\n");
  }
}
