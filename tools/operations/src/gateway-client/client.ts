import { parseJson } from "@sark/audit/json";
import type { z } from "zod";
import { CommandError, EXIT } from "../exit-code.ts";
import { parseAddress } from "../http-source/address.ts";
import { exchangeJson, type HttpSourceSettings } from "../http-source/http-source.ts";
import { SourceError } from "../http-source/source-error.ts";
import { isLocalGateway, localAdminKeyFile, localGatewayUrl } from "../local-gateway.ts";
import type { ToolContext } from "../tool-context.ts";
import { findKey } from "./credentials.ts";

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
    brief:
      "File of an API key; default GATEWAY_API_KEY, or, for a gateway on this machine, admin.key in SARK_DATA_DIRECTORY or .sark",
  },
} as const;

/** The REST of a gateway, as a holder of an API key sees it. Each call rejects with a `CommandError`. */
export interface GatewayClient {
  readonly url: string;
  /** Whether it has an API key to send. */
  readonly authenticated: boolean;
  /** `path` is below `/api/v1/`, or begins with `/`. `accepted` are statuses that bear the response in addition to 2xx. */
  call<S extends z.ZodType>(
    method: string,
    path: string,
    response: S,
    body?: unknown,
    accepted?: readonly number[],
  ): Promise<z.output<S>>;
}

/** What a command has to say to its client; by default none of it. */
export interface ClientSettings {
  /** For a whole exchange, in milliseconds. Default: longer than any response takes that a tool waits for. */
  readonly timeoutMs?: number;
  /** Ends exchanges that run. */
  readonly signal?: AbortSignal;
  /** It can do something without an API key. */
  readonly keyless?: boolean;
}

const TIMEOUT_MS = 90_000;

export function openGateway(
  flags: ClientFlags,
  { process }: ToolContext,
  settings: ClientSettings = {},
): GatewayClient {
  const base = parseAddress(
    flags.url ?? (process.env["GATEWAY_URL"] || localGatewayUrl(process.env)),
    "The gateway's URL",
    "http://127.0.0.1:8000",
    "A key goes into --key-file or GATEWAY_API_KEY.",
  );
  const key = findKey(flags.keyFile, process.env, base);
  if (key === null && settings.keyless !== true) {
    const path = localAdminKeyFile(process.env);
    const reason = isLocalGateway(base, process.env)
      ? `There is no API key in ${path}`
      : `The API key in ${path} is for a gateway on this machine alone`;
    throw new CommandError(EXIT.usage, `${reason}: say --key-file FILE, or set GATEWAY_API_KEY.`);
  }

  const source: HttpSourceSettings = {
    name: "gateway",
    url: base,
    headers: key === null ? {} : { "x-api-key": key },
    timeoutMs: settings.timeoutMs ?? TIMEOUT_MS,
    // Far above what a gateway says in one response.
    maxMebibytes: 64,
    parse: (text) => parseJson(text, "any"),
    ...(settings.signal === undefined ? {} : { signal: settings.signal }),
  };
  return {
    url: base,
    authenticated: key !== null,
    async call(method, path, schema, body, accepted = []) {
      const below = path.startsWith("/") ? path : `/api/v1/${path}`;
      const { status, json } = await exchangeJson(source, { method, path: below, body });
      const good = (status >= 200 && status < 300) || accepted.includes(status);
      const parsed = good ? schema.safeParse(json) : undefined;
      if (parsed?.success === true) {
        return parsed.data;
      }
      if (status >= 200 && status < 300) {
        throw new SourceError("unclear", `${base} responds with what this tool does not understand.`);
      }
      throw refused(status, json, base);
    },
  };
}

/** What the gateway says of itself; 400 and 404 are about what the command line asks for. */
function refused(status: number, json: unknown, base: string): SourceError {
  const { error } = Object(json) as { error?: { message?: unknown } };
  const message =
    typeof error?.message === "string" ? error.message : `${base} responds with HTTP ${status}.`;
  const exitCode = status === 400 || status === 404 ? EXIT.usage : EXIT.unable;
  return new SourceError(status >= 500 ? "failing" : "refused", message, { exitCode, status });
}
