import type { PolicyReplayShown } from "@sark/gateway/api/policy-replay";
import { EXIT } from "../../exit-code.ts";
import { given, jsonFlag, nameFlag, optionalReasonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { createProgress } from "../../terminal/progress.ts";
import { formatCount, styleFor, type Style } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { pathParameter } from "./parameters.ts";
import { readPolicyFiles } from "./policy-files.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface ReplayFlags extends ClientFlags {
  readonly from?: string;
  readonly to?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly user?: string;
  readonly limit: number;
  readonly reason?: string;
  readonly json: boolean;
}

const MAX_PAGE = 5_000;
/** So that there is progress to be seen, where it is. */
const WATCHED_PAGE = 500;

export const replayCommand = defineCommand<ReplayFlags, [string]>({
  run: replay,
  parameters: {
    positional: { kind: "tuple", parameters: [pathParameter] },
    flags: {
      ...clientFlags,
      from: nameFlag("Decisions from this RFC 3339 time on"),
      to: nameFlag("Decisions before this time"),
      server: nameFlag("About this server alone"),
      tool: nameFlag("About this tool alone"),
      user: nameFlag("Of this user alone"),
      limit: {
        kind: "parsed",
        parse: wholeNumber,
        default: "1000",
        placeholder: "NUMBER",
        brief: "Decisions that are looked at, newest first",
      },
      reason: optionalReasonFlag,
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).replayed },
  docs: {
    description:
      "Decisions of which not all is on record that the policies look at are counted, and not guessed.",
    examples: [
      "gateway-admin policies replay ./policies --from 2026-07-01T00:00:00Z",
      "gateway-admin policies replay draft.cedar --server web --limit 20000 --json",
    ],
    exitCodes: {
      0: "nothing would change",
      1: "decisions would change, or cannot be decided again",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

function wholeNumber(value: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(value)) {
    return Number(value);
  }
  throw new SyntaxError("use a whole number from 1 to 9999999");
}

async function replay(this: ToolContext, flags: ReplayFlags, path: string): Promise<void> {
  const { from, to, server, tool, user, limit, reason, json } = flags;
  const { stdout, stderr, env } = this.process;
  const gateway = openGateway(flags, this);
  const body = { files: readPolicyFiles(path), ...given({ from, to, server, tool, user_id: user, reason }) };
  const pages: PolicyReplayShown[] = [];
  const progress = createProgress(stderr);
  const maxPage = stderr.isTTY === true ? WATCHED_PAGE : MAX_PAGE;
  let left = limit;
  let cursor: string | null = null;
  try {
    do {
      const decided = limit - left;
      progress.update(`${formatCount(decided)} of up to ${formatCount(limit)} decisions`, decided / limit);
      const page: PolicyReplayShown = await gateway.call(
        "POST",
        "/admin/v1/policies/replay",
        responses.policyReplay,
        { ...body, limit: Math.min(left, maxPage), ...(cursor === null ? {} : { cursor }) },
      );
      pages.push(page);
      left -= page.decisions;
      cursor = page.next_cursor;
    } while (cursor !== null && left > 0);
  } finally {
    progress.clear();
  }
  const whole = summed(pages);
  stdout.write(json ? jsonLine(whole) : describe(whole, styleFor(stdout, env)));
  if (whole.changes.length > 0 || whole.not_evaluable > 0) {
    this.process.exitCode = EXIT.finding;
  }
}

type Change = PolicyReplayShown["changes"][number];

interface Whole {
  readonly decisions: number;
  readonly unchanged: number;
  readonly changes: readonly Change[];
  readonly not_evaluable: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly more: boolean;
}

function summed(pages: readonly PolicyReplayShown[]): Whole {
  const sum = (of: (page: PolicyReplayShown) => number) => pages.reduce((total, page) => total + of(page), 0);
  const reasons: Record<string, number> = {};
  for (const { reason, decisions } of pages.flatMap((page) => page.not_evaluable.reasons)) {
    reasons[reason] = (reasons[reason] ?? 0) + decisions;
  }
  return {
    decisions: sum(({ decisions }) => decisions),
    unchanged: sum(({ unchanged }) => unchanged),
    changes: pages.flatMap(({ changes }) => changes),
    not_evaluable: sum((page) => page.not_evaluable.total),
    reasons,
    more: pages.at(-1)?.next_cursor !== null,
  };
}

function describe(whole: Whole, style: Style): string {
  const { decisions, unchanged, changes, not_evaluable: open, reasons, more } = whole;
  const why = Object.entries(reasons).map(([reason, count]) => `${reason} ${formatCount(count)}`);
  return [
    changes.length === 0 ? "" : formatTable(COLUMNS, changes, style),
    `${formatCount(decisions)} decisions: ${formatCount(unchanged)} would be the same, ${formatCount(changes.length)} another one.\n`,
    open === 0 ? "" : `${formatCount(open)} cannot be decided again: ${why.join(", ")}.\n`,
    more ? "There are older ones: say a higher --limit.\n" : "",
  ].join("");
}

const COLUMNS: readonly Column<Change>[] = [
  { title: "EVENT", value: ({ event_id: id }) => id },
  { title: "TIME", value: ({ timestamp }) => timestamp.slice(0, 19) },
  { title: "WHO", value: ({ user_id: user, agent_id: agent }) => user ?? agent ?? "-" },
  { title: "WHAT", value: ({ server, tool, action }) => `${server ?? "-"}/${tool ?? action}` },
  { title: "CHANGE", value: ({ change }) => change.replaceAll("_", " ") },
  { title: "BY", value: ({ replayed }) => replayed.policies.join(" ") || replayed.code },
];
