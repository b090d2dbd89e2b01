import type { NewApiKey } from "@sark/gateway/api-keys";
import type { ToolContext } from "../../tool-context.ts";
import { CommandError, EXIT } from "../../exit-code.ts";
import { parseDays } from "./days.ts";
import { EXIT_CODES, fileOf, keyFileFlags, onKeyFile, type KeyFileFlags } from "./key-file.ts";
import { parseScope, scopeOf, type ScopeFlag } from "./scope.ts";
import { defineCommand } from "../../frame/define-command.ts";

interface IssueFlags extends KeyFileFlags {
  readonly id: string;
  readonly principal: string;
  readonly agent: boolean;
  readonly role?: readonly string[];
  readonly tenant?: string;
  readonly attribute?: readonly Attribute[];
  readonly days?: Date;
  readonly scope?: readonly ScopeFlag[];
}
type Attribute = readonly [name: string, value: string];

const text = (value: string) => value;

export const issueCommand = defineCommand<IssueFlags>({
  run: issue,
  parameters: {
    flags: {
      id: {
        kind: "parsed",
        parse: text,
        placeholder: "NAME",
        brief: "What to call the key, e.g. alice-laptop",
      },
      principal: {
        kind: "parsed",
        parse: text,
        placeholder: "WHO",
        brief: "The user or agent that it authenticates, e.g. alice",
      },
      agent: { kind: "boolean", default: false, brief: "WHO is an agent, not a user" },
      role: {
        kind: "parsed",
        parse: text,
        optional: true,
        variadic: true,
        placeholder: "ROLE",
        brief: "A role of WHO; may be repeated",
      },
      tenant: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "TENANT",
        brief: "The tenant of WHO",
      },
      attribute: {
        kind: "parsed",
        parse: parseAttribute,
        optional: true,
        variadic: true,
        placeholder: "NAME=VALUE",
        brief: "What policies may look at, e.g. trust_level=trusted; may be repeated",
      },
      days: {
        kind: "parsed",
        parse: parseDays,
        optional: true,
        placeholder: "N",
        brief: "How long the key is valid; without it, until it is revoked",
      },
      scope: {
        kind: "parsed",
        parse: parseScope,
        optional: true,
        variadic: true,
        placeholder: "SERVER[/TOOL]",
        brief: "What the key is for alone: a server, or one tool of it, by exact names; may be repeated",
      },
      ...keyFileFlags,
    },
  },
  docs: {
    description:
      "The file holds a digest: nothing can show the key again. A gateway that runs takes the key up within seconds.",
    examples: [
      "gateway-admin api-keys issue --id alice-laptop --principal alice --role developer --tenant acme --days 90",
      "gateway-admin api-keys issue --id bot-1 --principal build-bot --agent --attribute trust_level=trusted",
      "gateway-admin api-keys issue --id nightly --principal nightly-report --agent --scope github/search_issues --scope files --days 30",
    ],
    exitCodes: EXIT_CODES,
  },
});

async function issue(this: ToolContext, flags: IssueFlags): Promise<void> {
  const { stdout, stderr } = this.process;
  const file = fileOf(flags, this);
  const request: NewApiKey = {
    id: flags.id,
    principal: flags.principal,
    type: flags.agent ? "agent" : "user",
    roles: flags.role ?? [],
    tenant: flags.tenant ?? null,
    attributes: Object.fromEntries(flags.attribute ?? []),
    expires: flags.days ?? null,
    scope: readScope(flags.scope ?? []),
  };
  const key = await onKeyFile(({ issueApiKey }) => issueApiKey(file, request));
  stderr.write(`Added to ${file}. It cannot be shown again:\n`);
  stdout.write(`${key}\n`);
}

function readScope(flags: readonly ScopeFlag[]): ReturnType<typeof scopeOf> {
  try {
    return scopeOf(flags);
  } catch (cause) {
    throw new CommandError(EXIT.usage, (cause as Error).message, { cause });
  }
}

function parseAttribute(pair: string): Attribute {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined) {
    throw new SyntaxError("expected NAME=VALUE");
  }
  return [name, value];
}
