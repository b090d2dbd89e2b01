import { join } from "node:path";
import { commandTree, TOOLS } from "@sark/operations/testing";
import { replaceAll, runScript, type ScriptRun } from "../run-script.ts";
import { EXAMPLES_NOT_HERE } from "./not-executed.ts";
import type { Surroundings } from "./run-page.ts";
import { writeShims } from "./shims.ts";

/** What the examples take for granted. */
const BEFORE = `
cp .sark/audit-log.vkey keys.txt
cat policies/*.cedar > draft.cedar
mkdir -p draft && cp draft.cedar draft/
curl -s -H "Authorization: Bearer $TOKEN" $GATEWAY_URL/api/v1/audit/receipt/$ID > call.tlog-proof
curl -s -H "X-API-Key: $ADMIN_KEY" $GATEWAY_URL/api/v1/audit/checkpoint > from-the-siem.json
`;

/** What examples name, and what is meant here. */
const HERE: Readonly<Record<string, string>> = {
  "source <(gateway-admin completion zsh)":
    "zsh -c 'autoload -U compinit; compinit -u; source <(gateway-admin completion zsh)'",
  "~/.config/fish/completions/": "",
  "/var/lib/auditor/": "",
  "/run/secrets/health-key": ".sark/admin.key",
  "http://gateway-2:8000": "$GATEWAY_URL",
  "https://gateway-2:8000": "$GATEWAY_URL",
  "postgres://auditor@db/sark": "$DATABASE_URL",
  "sark.example/audit+530d903a+AekyeRr…": '"$(cat keys.txt)"',
  "--seq 1041 --leaf-hash 5c8e…": "--seq $SEQ --leaf-hash $LEAF_HASH",
};

/** The examples of all commands, as their help and docs/reference/cli.md have them. */
export async function examplesOfTools(): Promise<readonly string[]> {
  const trees = await Promise.all(TOOLS.map((tool) => commandTree(tool)));
  return trees.flatMap(({ commands }) => commands.flatMap(({ definition }) => definition.docs.examples));
}

/** Executes the examples in order, in one shell, but for those that are listed. */
export function runExamples(
  examples: readonly string[],
  options: {
    readonly folder: string;
    readonly surroundings: Surroundings;
    /** Numbers of events that `splunk-main` refused. */
    readonly quarantined: readonly [string, string];
  },
): Promise<ScriptRun> {
  const { folder, quarantined } = options;
  const { environment, here, checkouts } = options.surroundings;
  const meant = { ...HERE, "4711": quarantined[0], "4712": quarantined[1], ...here };
  writeShims(join(folder, "shims"));
  const parts = examples
    .filter((example) => !Object.hasOwn(EXAMPLES_NOT_HERE, example))
    .flatMap((example) => [
      `AT='${example.replaceAll("'", "")}'`,
      'echo "== $AT"',
      replaceAll(example, meant),
    ]);
  return runScript([replaceAll(BEFORE, here), ...parts], {
    folder,
    cwd: checkouts.shared,
    environment: {
      ...environment,
      // What was drained, or is denied, is a finding.
      FINDINGS: "1",
      // Pages have issued some of the same.
      SARK_AUTHENTICATION_API_KEYS_FILE: join(folder, "api-keys.json"),
    },
  });
}
