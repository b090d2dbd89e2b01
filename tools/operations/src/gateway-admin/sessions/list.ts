import type { ShownSession } from "@sark/gateway/api/sessions";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway, type GatewayClient } from "../../gateway-client/client.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { formatCount, styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { jsonFlag, nameFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface ListFlags extends ClientFlags {
  readonly user?: string;
  readonly server?: string;
  readonly tenant?: string;
  readonly json: boolean;
}

export const listCommand = defineCommand<ListFlags>({
  run: list,
  parameters: {
    flags: {
      ...clientFlags,
      user: nameFlag("Those of this user or agent"),
      server: nameFlag("Those at this server"),
      tenant: nameFlag("Those of this tenant"),
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).sessionList },
  docs: {
    description:
      'Lists those of all replicas where they share Redis and mcp.sessionKey, else those of the replica that responds. A session of kind "activity" is what a principal does at a server without a session, as in the stateless revisions.',
    examples: [
      "gateway-admin sessions list",
      "gateway-admin sessions list --user alice --server files",
      "gateway-admin sessions list --tenant acme --json",
    ],
    exitCodes: {
      0: "they are listed",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function list(this: ToolContext, { json, ...flags }: ListFlags): Promise<void> {
  const { stdout, env } = this.process;
  const sessions = await allPages(openGateway(flags, this), flags);
  if (json) {
    stdout.write(jsonLine({ sessions }));
  } else if (sessions.length === 0) {
    stdout.write("No sessions.\n");
  } else {
    stdout.write(formatTable(columnsOf(sessions, Date.now()), sessions, styleFor(stdout, env)));
  }
}

async function allPages(
  gateway: GatewayClient,
  { user, server, tenant }: Pick<ListFlags, "user" | "server" | "tenant">,
): Promise<ShownSession[]> {
  const sessions: ShownSession[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "1000" });
    for (const [name, value] of Object.entries({ user, server, tenant, cursor: cursor ?? undefined })) {
      if (value !== undefined) {
        query.set(name, value);
      }
    }
    const page = await gateway.call("GET", `/admin/v1/sessions?${query.toString()}`, responses.sessionPage);
    sessions.push(...page.sessions);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return sessions;
}

/** With the replica where several share their sessions. */
function columnsOf(sessions: readonly ShownSession[], now: number): readonly Column<ShownSession>[] {
  const isShared = sessions.some(({ replica }) => replica !== null);
  return isShared ? [...columnsAt(now), REPLICA] : columnsAt(now);
}

const REPLICA: Column<ShownSession> = { title: "REPLICA", value: ({ replica }) => replica ?? "" };

const columnsAt = (now: number): readonly Column<ShownSession>[] => [
  { title: "SESSION", value: ({ fingerprint }) => fingerprint },
  { title: "KIND", value: ({ kind }) => kind },
  { title: "PRINCIPAL", value: (one) => `${one.principal_type} ${one.principal}` },
  { title: "TENANT", value: ({ tenant }) => tenant ?? "" },
  { title: "SERVER", value: ({ server }) => server },
  { title: "CLIENT", value: ({ client }) => clientOf(client) },
  { title: "AGE", value: (one) => ago(one.created_at, now), align: "right" },
  {
    title: "UNUSED",
    value: (one) => (isInUse(one) ? "in use" : ago(one.last_activity_at, now)),
    align: "right",
  },
  { title: "CALLS", value: ({ calls }) => formatCount(calls), align: "right" },
];

export function clientOf(client: ShownSession["client"]): string {
  return client === null ? "" : `${client.name} ${client.version}`.trim();
}

function isInUse({ calls_running: calls, streams_open: streams }: ShownSession): boolean {
  return calls + streams > 0;
}

function ago(time: string, now: number): string {
  return formatSeconds(Math.max(0, now - Date.parse(time)) / 1_000);
}
