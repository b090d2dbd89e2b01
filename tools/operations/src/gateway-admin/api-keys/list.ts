import type { ApiKeyRecord, KeyUsage } from "@sark/gateway/api-keys";
import { styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import type { ToolContext } from "../../tool-context.ts";
import { EXIT_CODES, fileOf, keyFileFlags, onKeyFile, type KeyFileFlags } from "./key-file.ts";
import { jsonFlag } from "../../flags.ts";
import { showScope } from "./scope.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

interface ListFlags extends KeyFileFlags {
  readonly json: boolean;
}

export const listCommand = defineCommand<ListFlags>({
  run: list,
  parameters: {
    flags: {
      json: jsonFlag,
      ...keyFileFlags,
    },
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).keyList },
  docs: {
    examples: ["gateway-admin api-keys list", "gateway-admin api-keys list --json"],
    exitCodes: EXIT_CODES,
  },
});

/** A key, or one that it took the place of and that is still good. */
interface Row extends Omit<ApiKeyRecord, "sha256" | "previous" | "attributes"> {
  readonly lastUsed: string | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "PRINCIPAL", value: ({ principal, type }) => `${type} ${principal}` },
  { title: "ROLES", value: ({ roles }) => roles.join(", ") },
  { title: "TENANT", value: ({ tenant }) => tenant ?? "" },
  { title: "SCOPE", value: ({ scope }) => showScope(scope) },
  { title: "CREATED", value: ({ created }) => created },
  { title: "EXPIRES", value: (key) => `${key.expires ?? "never"}${isExpired(key) ? " (expired)" : ""}` },
  { title: "LAST USED", value: ({ lastUsed }) => lastUsed ?? "" },
];

async function list(this: ToolContext, flags: ListFlags): Promise<void> {
  const { stdout, env } = this.process;
  const file = fileOf(flags, this);
  const { keys, usage } = await onKeyFile(async ({ readKeyFile, readKeyUsage }) => ({
    keys: (await readKeyFile(file)).keys,
    usage: readKeyUsage(file),
  }));
  if (flags.json) {
    stdout.write(jsonLine({ keys: keys.map((key) => asJson(key, usage)) }));
  } else if (keys.length === 0) {
    stdout.write(`There are no keys in ${file}.\n`);
  } else {
    const rows = keys.flatMap((key) => rowsOf(key, usage));
    stdout.write(formatTable(COLUMNS, rows, styleFor(stdout, env)));
  }
}

/** Those that it took the place of stand below it, as long as they are good. */
function rowsOf(key: ApiKeyRecord, usage: KeyUsage): Row[] {
  const older = key.previous.filter((one) => !isExpired(one));
  return [
    { ...key, lastUsed: lastUsed(usage, key) },
    ...older.map((one) => ({ ...key, ...one, created: "(rotated)", lastUsed: lastUsed(usage, one) })),
  ];
}

function asJson({ sha256, previous, ...key }: ApiKeyRecord, usage: KeyUsage): object {
  return {
    ...key,
    expired: isExpired(key),
    last_used: lastUsed(usage, { sha256 }),
    previous: previous.map((one) => ({
      expires: one.expires,
      expired: isExpired(one),
      last_used: lastUsed(usage, one),
    })),
  };
}

/** As a gateway has written it down, which it does once a minute. */
function lastUsed(usage: KeyUsage, { sha256 }: Pick<ApiKeyRecord, "sha256">): string | null {
  const time = usage.get(sha256);
  return time === undefined ? null : new Date(time).toISOString();
}

function isExpired({ expires }: Pick<ApiKeyRecord, "expires">): boolean {
  return expires !== null && Date.parse(expires) <= Date.now();
}
