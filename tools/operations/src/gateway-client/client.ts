import { readFileSync } from "node:fs";
import { parseJson } from "@sark/audit/json";
import type { z } from "zod";
import { CommandError, EXIT } from "../exit-code.ts";
import { localAdminKeyFile, localGatewayUrl } from "../local-gateway.ts";
import type { ToolContext } from "../tool-context.ts";

/** Flags of every command that asks a gateway. */
export interface ClientFlags {
  readonly url?: string;
  readonly keyFile?: string;
}

export const clientFlags = {
  url: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "URL",
    brief:
      "The gateway; default GATEWAY_URL, or the one on this machine (SARK_ADMIN_HOST, SARK_ADMIN_PORT, else SARK_HTTP_HOST, SARK_HTTP_PORT)",
  },
  keyFile: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "FILE",
    brief: "File of an API key; default GATEWAY_API_KEY, or admin.key in SARK_DATA_DIRECTORY or .sark",
  },
} as const;

/** The REST of a gateway, as a holder of an API key sees it. Each call rejects with a `CommandError`. */
export interface GatewayClient {
  /** `path` is below `/api/v1/`, or begins with `/`. */
  call<S extends z.ZodType>(method: string, path: string, response: S, body?: unknown): Promise<z.output<S>>;
}

/** Longer than any response takes that this tool waits for. */
const TIMEOUT_MS = 90_000;

export function openGateway(flags: ClientFlags, { process }: ToolContext): GatewayClient {
  const base = parseUrl(flags.url ?? (process.env["GATEWAY_URL"] || localGatewayUrl(process.env)));
  const key = readKey(flags.keyFile, process.env);

  return {
    async call(method, path, schema, body) {
      const response = await send(base, method, path, key, body);
      const text = await response.text();
      if (!response.ok) {
        throw refused(response.status, text, base);
      }
      const parsed = schema.safeParse(text === "" ? undefined : readJson(text));
      if (parsed.success) {
        return parsed.data;
      }
      throw new CommandError(EXIT.unable, `${base} responds with what this tool does not understand.`);
    },
  };
}

async function send(
  base: string,
  method: string,
  path: string,
  key: string,
  body: unknown,
): Promise<Response> {
  try {
    return await fetch(`${base}${path.startsWith("/") ? path : `/api/v1/${path}`}`, {
      method,
      headers: {
        "x-api-key": key,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A key must not follow a redirection to another place.
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    const { cause: reason } = cause as { cause?: unknown };
    const { code, message } = (reason ?? cause) as NodeJS.ErrnoException;
    throw new CommandError(EXIT.unable, `No gateway responds at ${base} (${inWords(code, message)}).`, {
      cause,
    });
  }
}

/** Codes of the system can be looked up; those of the HTTP library say nothing to people. */
function inWords(code: string | number | undefined, message: string): string {
  if (typeof code !== "string") {
    return message;
  }
  return /^(UND_ERR|HPE)_/.test(code) ? "it closed the connection, or does not speak HTTP" : code;
}

/** What the gateway says of itself; 400 and 404 are about what the command line asks for. */
function refused(status: number, text: string, base: string): CommandError {
  const { error } = Object(readJson(text)) as { error?: { message?: unknown } };
  const message =
    typeof error?.message === "string" ? error.message : `${base} responds with HTTP ${status}.`;
  const theirs = status === 400 || status === 404;
  return new CommandError(theirs ? EXIT.usage : EXIT.unable, message);
}

function readJson(text: string): unknown {
  try {
    return parseJson(text, "any");
  } catch {
    return undefined;
  }
}

function parseUrl(value: string): string {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    // A URL may hold a password: it is not repeated.
    throw new CommandError(EXIT.usage, "The gateway's URL should look like http://127.0.0.1:8000.");
  }
  return value.replace(/\/+$/, "");
}

function readKey(file: string | undefined, environment: NodeJS.ProcessEnv): string {
  const variable = environment["GATEWAY_API_KEY"];
  if (file === undefined && variable) {
    return variable.trim();
  }
  const path = file ?? localAdminKeyFile(environment);
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(
      EXIT.usage,
      `Cannot read the API key in ${path} (${code}): say --key-file FILE, or set GATEWAY_API_KEY.`,
      { cause },
    );
  }
}
