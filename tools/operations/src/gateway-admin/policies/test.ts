import type { PolicyTestShown } from "@sark/gateway/api/policies";
import { CommandError, EXIT } from "../../exit-code.ts";
import { given, jsonFlag, nameFlag, optionalReasonFlag } from "../../flags.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { responses } from "../../gateway-client/responses.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";
import { styleFor, type Style } from "../../terminal/style.ts";
import type { ToolContext } from "../../tool-context.ts";
import { readPolicyFiles } from "./policy-files.ts";

interface TestFlags extends ClientFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly tenant?: string;
  readonly role?: readonly string[];
  readonly attribute?: readonly (readonly [string, string])[];
  readonly server?: string;
  readonly tool?: string;
  readonly action?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly policies?: string;
  readonly reason?: string;
  readonly json: boolean;
}

export const testCommand = defineCommand<TestFlags>({
  run: test,
  parameters: {
    flags: {
      ...clientFlags,
      user: nameFlag("Decide for this user"),
      agent: nameFlag("Decide for this agent; with --user, for the user that it acts for"),
      tenant: nameFlag("The tenant of the principal"),
      role: { ...nameFlag("A role of the principal; may be repeated"), variadic: true },
      attribute: {
        kind: "parsed",
        parse: parseAttribute,
        optional: true,
        variadic: true,
        placeholder: "NAME=VALUE",
        brief: "An attribute of the principal; may be repeated",
      },
      server: nameFlag("The server that is called"),
      tool: nameFlag("The tool that is called"),
      action: nameFlag("Default: gateway:tool:invoke"),
      arguments: {
        kind: "parsed",
        parse: parseArguments,
        optional: true,
        placeholder: "JSON",
        brief: "Arguments of the tool, an object",
      },
      policies: {
        kind: "parsed",
        parse: (value: string) => value,
        optional: true,
        placeholder: "PATH",
        brief: "Decide by these Cedar policies in place of those in force",
      },
      reason: optionalReasonFlag,
      json: jsonFlag,
    },
  },
  output: { shape: "object", schema: responses.policyTest },
  docs: {
    description: "No tool runs, and limits and budgets do not count. The test goes on record.",
    examples: [
      "gateway-admin policies test --user alice --role developer --server web --tool search",
      `gateway-admin policies test --agent build-bot --server files --tool write --arguments '{"path":"/etc"}' --policies ./draft`,
    ],
    exitCodes: {
      0: "it is allowed",
      1: "it is denied",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function test(this: ToolContext, flags: TestFlags): Promise<void> {
  const { stdout, env } = this.process;
  const { server, tool, action, policies, reason, json } = flags;
  const body = {
    principal: principalOf(flags),
    ...given({ server, tool, action, reason }),
    ...(flags.arguments === undefined ? {} : { arguments: flags.arguments }),
    ...(policies === undefined ? {} : { files: readPolicyFiles(policies) }),
  };
  const path = "/admin/v1/policies/test";
  const decided = await openGateway(flags, this).call("POST", path, responses.policyTest, body);
  stdout.write(json ? jsonLine(decided) : describe(decided, styleFor(stdout, env)));
  if (decided.decision === "deny") {
    this.process.exitCode = EXIT.finding;
  }
}

function principalOf({ user, agent, tenant, role = [], attribute = [] }: TestFlags): object {
  const id = user ?? agent;
  if (id === undefined) {
    throw new CommandError(EXIT.usage, "Say for whom: --user or --agent.");
  }
  return {
    id,
    type: user === undefined ? "agent" : "user",
    ...(user !== undefined && agent !== undefined ? { actor: agent } : {}),
    ...(tenant === undefined ? {} : { tenant }),
    roles: role,
    attributes: Object.fromEntries(attribute),
  };
}

function describe(
  { decision, code, reason, policies, engine, revision }: PolicyTestShown,
  style: Style,
): string {
  const paint = decision === "allow" ? style.good : style.bad;
  return formatLines([
    `${paint(decision)}: ${reason} (${code})`,
    `by ${policies.length === 0 ? "no policy" : policies.join(", ")}, engine ${engine}, revision ${revision ?? "-"}`,
  ]);
}

function parseAttribute(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) {
    throw new SyntaxError("expected NAME=VALUE");
  }
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function parseArguments(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError("expected a JSON object", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("expected a JSON object");
  }
  return value as Readonly<Record<string, unknown>>;
}
