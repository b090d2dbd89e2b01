import { CommandError, EXIT } from "../../exit-code.ts";
import { jsonFlag } from "../../flags.ts";
import { parseAddress } from "../../http-source/address.ts";
import { findToken } from "../../http-source/credential.ts";
import type { ToolContext } from "../../tool-context.ts";
import type { PushedDashboard } from "./push-dashboard.ts";
import { ownDashboards } from "../../frame/package-facts.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";

interface PushFlags {
  readonly grafana?: string;
  readonly tokenFile?: string;
  readonly folder: string;
  readonly folderUid: string;
  readonly gatewayUrl?: string;
  readonly runbooksUrl?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Those of this repository. */
const EXAMPLE = "https://grafana.example.com";
const text = (value: string) => value;

export const pushCommand = defineCommand<PushFlags, [string?]>({
  run: push,
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: text,
          optional: true,
          brief: "Folder of dashboards, or one file; default: those of this repository",
          placeholder: "PATH",
        },
      ],
    },
    flags: {
      grafana: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "URL",
        brief: "The Grafana; default GRAFANA_URL",
      },
      tokenFile: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "FILE",
        brief: "File of a service account's token; default GRAFANA_TOKEN",
      },
      folder: {
        kind: "parsed",
        parse: text,
        default: "SARK",
        placeholder: "TITLE",
        brief: "Title of the folder, where it is made",
      },
      folderUid: { kind: "parsed", parse: uid, default: "sark", placeholder: "UID", brief: "The folder" },
      gatewayUrl: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "URL",
        brief: "Where links to audit events lead; default: where they led",
      },
      runbooksUrl: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "URL",
        brief: "Where the folder docs/ is published, for links to runbooks; default: where they led",
      },
      dryRun: { kind: "boolean", default: false, brief: "Say what would be done, and do nothing" },
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).pushedDashboards },
  docs: {
    description:
      "Dashboards are found by their uid: what is there as it is already stays untouched, and a second run changes nothing.",
    examples: [
      "gateway-admin dashboards push --grafana https://grafana.example.com --token-file ./grafana.token",
      "gateway-admin dashboards push --gateway-url https://gateway.example.com --runbooks-url https://docs.example.com/sark",
    ],
    exitCodes: {
      0: "all are there",
      2: "the command line is wrong",
      3: "Grafana cannot be asked, or refuses",
    },
  },
});

async function push(this: ToolContext, flags: PushFlags, path = ownDashboards()): Promise<void> {
  const { stdout, env } = this.process;
  const { gatewayUrl, runbooksUrl, folder, folderUid, dryRun } = flags;
  const targets = {
    ...(gatewayUrl !== undefined && { gateway: parseAddress(gatewayUrl, "--gateway-url", EXAMPLE) }),
    ...(runbooksUrl !== undefined && { runbooks: parseAddress(runbooksUrl, "--runbooks-url", EXAMPLE) }),
  };
  const [{ readDashboards }, { openGrafana }, { pushDashboard }] = await Promise.all([
    import("./dashboard-files.ts"),
    import("./grafana.ts"),
    import("./push-dashboard.ts"),
  ]);
  const dashboards = readDashboards(path);
  const grafana = openGrafana(addressOf(flags, env), tokenOf(flags, env));
  if (!dryRun) {
    await grafana.ensureFolder(folderUid, folder);
  }
  const message = "gateway-admin dashboards push";
  const pushed: PushedDashboard[] = [];
  for (const dashboard of dashboards) {
    pushed.push(await pushDashboard(grafana, dashboard, { folderUid, targets, message, dryRun }));
  }
  stdout.write(flags.json ? jsonLine({ dashboards: pushed, dry_run: dryRun }) : lines(pushed, dryRun));
}

function lines(pushed: readonly PushedDashboard[], dryRun: boolean): string {
  return formatLines(pushed.map(({ title, result }) => `${dryRun ? "would be " : ""}${result}: ${title}`));
}

function addressOf({ grafana }: PushFlags, env: ToolContext["process"]["env"]): string {
  const url = grafana ?? env["GRAFANA_URL"];
  if (!url) {
    throw new CommandError(EXIT.usage, "Say --grafana URL, or set GRAFANA_URL.");
  }
  return parseAddress(url, "The URL of Grafana", EXAMPLE, "A token goes into --token-file or GRAFANA_TOKEN.");
}

function tokenOf({ tokenFile }: PushFlags, env: ToolContext["process"]["env"]): string {
  const token = findToken(tokenFile, "GRAFANA_TOKEN", env);
  if (token === null) {
    throw new CommandError(
      EXIT.usage,
      "Say --token-file FILE, or set GRAFANA_TOKEN: the token of a service account.",
    );
  }
  return token;
}

function uid(value: string): string {
  if (!/^[\w-]{1,40}$/.test(value)) {
    throw new SyntaxError("use 1 to 40 letters, digits, - and _");
  }
  return value;
}
