import type { LogLevelsShown } from "@sark/http-api/operations";
import { formatDuration, parseDuration } from "@sark/observability/forms";
import { jsonFlag, nameFlag, reasonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";
import { LEVEL_NAMES, type LevelName } from "../../analyze-logs/scan/level.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";

interface LevelFlags extends ClientFlags {
  readonly component?: string;
  readonly for?: number;
  readonly reason: string;
  readonly json: boolean;
}

const PATH = "/admin/v1/log-level";
const output = { shape: "object", schema: responses.logLevels } as const;

export const showCommand = defineCommand<ClientFlags & { readonly json: boolean }>({
  async run({ json, ...flags }) {
    const shown = await openGateway(flags, this).call("GET", PATH, responses.logLevels);
    this.process.stdout.write(json ? jsonLine(shown) : describe(shown));
  },
  parameters: { flags: { ...clientFlags, json: jsonFlag } },
  output,
  docs: {
    description: "Of the replica that responds.",
    examples: ["gateway-admin log-level show"],
    exitCodes: {
      0: "it is shown",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

export const setCommand = defineCommand<LevelFlags, [LevelName]>({
  run: setLevel,
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        { parse: levelNamed, brief: `New level: ${LEVEL_NAMES.join(", ")}`, placeholder: "LEVEL" },
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
  output,
  docs: {
    description: "Of the replica that responds, until it ends or --for is over.",
    examples: [
      'gateway-admin log-level set debug --component policy --for 10m --reason "why is alice denied?"',
    ],
    exitCodes: {
      0: "it is done",
      2: "the command line is wrong, or there is no such component",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

function levelNamed(value: string): LevelName {
  const level = LEVEL_NAMES.find((name) => name === value);
  if (level === undefined) {
    throw new SyntaxError(`use one of ${LEVEL_NAMES.join(", ")}`);
  }
  return level;
}

async function setLevel(this: ToolContext, flags: LevelFlags, level: LevelName): Promise<void> {
  const { component, reason, json, for: forMs } = flags;
  const shown = await openGateway(flags, this).call("PUT", PATH, responses.logLevels, {
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
