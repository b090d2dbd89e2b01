import type { PolicyValidationShown } from "@sark/gateway/api/policies";
import { EXIT } from "../../exit-code.ts";
import { jsonFlag, optionalReasonFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";
import { readPolicyFiles } from "./policy-files.ts";
import { pathParameter } from "./parameters.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines, jsonLine } from "../../terminal/printable.ts";
import { formatNumberOf } from "../../terminal/style.ts";
import { responses } from "../../gateway-client/responses.ts";

interface ValidateFlags extends ClientFlags {
  readonly reason?: string;
  readonly json: boolean;
}

export const validateCommand = defineCommand<ValidateFlags, [string]>({
  run: validate,
  parameters: {
    positional: { kind: "tuple", parameters: [pathParameter] },
    flags: { ...clientFlags, reason: optionalReasonFlag, json: jsonFlag },
  },
  output: { shape: "object", schema: responses.policyValidation },
  docs: {
    description: "Nothing changes. The schema and the entities in force count where the folder has none.",
    examples: [
      "gateway-admin policies validate ./policies",
      "gateway-admin policies validate draft.cedar --json",
    ],
    exitCodes: {
      0: "they could be",
      1: "they are wrong",
      2: "the command line is wrong",
      3: "the gateway cannot be asked, or refuses",
    },
  },
});

async function validate(
  this: ToolContext,
  { reason, json, ...flags }: ValidateFlags,
  path: string,
): Promise<void> {
  const body = { files: readPolicyFiles(path), ...(reason === undefined ? {} : { reason }) };
  const gateway = openGateway(flags, this);
  const found = await gateway.call("POST", "/admin/v1/policies/validate", responses.policyValidation, body);
  this.process.stdout.write(json ? jsonLine(found) : describe(found));
  if (!found.valid) {
    this.process.exitCode = EXIT.finding;
  }
}

function describe({ valid, policies, revision, problems, warnings }: PolicyValidationShown): string {
  const lines = [
    ...problems.map(({ file, line, message }) =>
      [file, line, ` ${message}`].filter((part) => part !== null).join(":"),
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(valid
      ? [
          `${formatNumberOf(policies ?? 0, "policy", "policies")}, revision ${revision}: they could be in force.`,
        ]
      : []),
  ];
  return formatLines(lines);
}
