import { join } from "node:path";
import { parseArgs } from "node:util";
import type { JsonObject } from "../../domain/json.ts";
import { issueApiKey } from "./issue-key.ts";
import { ApiKeyFileError } from "./key-file.ts";

const USAGE = `Usage: npm run api-key -- --id NAME --principal WHO [options]

Adds an API key to the gateway's file and prints it, once. A gateway that runs takes it up within seconds.

  --id NAME            what to call the key, e.g. alice-laptop
  --principal WHO      whom it speaks for, e.g. alice
  --agent              WHO is an agent, not a user
  --role ROLE          a role of WHO; may be given several times
  --tenant TENANT      the tenant of WHO
  --attribute NAME=V   what policies may look at, e.g. trust_level=trusted; may be given several times
  --days N             how long the key is valid; without it, until it is removed from the file
  --file FILE          default: the gateway's, by SARK_AUTHENTICATION_API_KEYS_FILE or SARK_DATA_DIRECTORY,
                       else .sark/api-keys.json

Example: npm run api-key -- --id alice-laptop --principal alice --role developer --tenant acme --days 90
`;

class UsageError extends Error {}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { id, principal, tenant = null, role = [], agent = false, file = defaultFile(process.env) } = options;
  if (id === undefined || principal === undefined) {
    throw new UsageError("--id and --principal are required");
  }
  const key = await issueApiKey(file, {
    id,
    principal,
    type: agent ? "agent" : "user",
    roles: role,
    tenant,
    attributes: toAttributes(options.attribute ?? []),
    expires: toExpiry(options.days),
  });
  process.stderr.write(`Added to ${file}. It cannot be shown again:\n`);
  process.stdout.write(`${key}\n`);
}

/** Where a gateway with this environment looks for keys. */
function defaultFile(environment: NodeJS.ProcessEnv): string {
  const { SARK_AUTHENTICATION_API_KEYS_FILE: file, SARK_DATA_DIRECTORY: folder = ".sark" } = environment;
  return file ?? join(folder, "api-keys.json");
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        id: { type: "string" },
        principal: { type: "string" },
        agent: { type: "boolean" },
        role: { type: "string", multiple: true },
        tenant: { type: "string" },
        attribute: { type: "string", multiple: true },
        days: { type: "string" },
        file: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function toAttributes(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError(`--attribute ${pair}: use NAME=VALUE`);
      }
      return [name, value];
    }),
  );
}

function toExpiry(days: string | undefined): Date | null {
  if (days === undefined) {
    return null;
  }
  const number = Number(days);
  if (!(number > 0 && number <= 36_500)) {
    throw new UsageError(`--days ${days}: use a number from 1 to 36500`);
  }
  return new Date(Date.now() + number * 86_400_000);
}

main().catch((error: unknown) => {
  const { message } = error as Error;
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `${message}\n\n${USAGE}` : `${message}\n`);
  process.exitCode = isUsage ? 2 : error instanceof ApiKeyFileError ? 1 : 70;
});
