import { logLevels, LOG_LEVELS, type LogLevelsShown } from "@sark/gateway/api/log-levels";
import { formatDuration, parseDuration } from "@sark/observability/settings";
import { jsonFlag, nameFlag, reasonFlag } from "../../flags.ts";
import { clientFlags, openGateway, type ClientFlags } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";

interface LevelFlags extends ClientFlags {
  readonly component?: string;
  readonly for?: number;
  readonly reason: string;
  readonly json: boolean;
}

export const logLevelCommand = defineCommand<LevelFlags, [string?]>({
  run: logLevel,
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: levelNamed,
          brief: `New level (${LOG_LEVELS.join(", ")}); without it the levels are shown`,
          placeholder: "LEVEL",
          optional: true,
        },
      ],
    },
    flags: {
      ...clientFlags,
      component: nameFlag("One component; without it all of them"),
      for: {
        kind: "parsed",
        parse: parseDuration,
        optional: true,
        placeholder: "TIME",
        brief: "Goes back by itself after this time, at most 24h",
      },
      reason: { ...reasonFlag, default: "set with gateway-admin" },
      json: jsonFlag,
    },
  },
  docs: {
    brief: "Show or set which lines a gateway logs",
    description: "Of the replica that responds, until it ends or --for is over.",
    examples: [
      "gateway-admin log-level",
      'gateway-admin log-level debug --component policy --for 10m --reason "why is alice denied?"',
    ],
    exitCodes: {
      0: "it is done",
      2: "the command line is wrong or there is no such component",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

function levelNamed(value: string): string {
  if ((LOG_LEVELS as readonly string[]).includes(value)) {
    return value;
  }
  throw new SyntaxError(`use one of ${LOG_LEVELS.join(", ")}`);
}

async function logLevel(this: ToolContext, flags: LevelFlags, level?: string): Promise<void> {
  const { component, reason, json, for: forMs } = flags;
  const gateway = openGateway(flags, this);
  const path = "/admin/v1/log-level";
  const shown =
    level === undefined
      ? await gateway.call("GET", path, logLevels)
      : await gateway.call("PUT", path, logLevels, {
          level,
          reason,
          ...(component === undefined ? {} : { component }),
          ...(forMs === undefined ? {} : { for: formatDuration(forMs) }),
        });
  this.process.stdout.write(json ? jsonLine(shown) : describe(shown));
}

function describe({ level, components, reverts }: LogLevelsShown): string {
  const others = components.filter((one) => one.level !== level);
  const lines = [
    `all components  ${level}`,
    ...others.map((one) => `${one.component}  ${one.level}`),
    ...reverts.map(({ component, to, at }) => `${component ?? "all components"} goes back to ${to} at ${at}`),
  ];
  return formatLines(lines);
}
