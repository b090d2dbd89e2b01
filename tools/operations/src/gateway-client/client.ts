import { parseJson } from "@sark/audit/json";
import type { z } from "zod";
import { CommandError, EXIT } from "../exit-code.ts";
import { parseAddress } from "../http-source/address.ts";
import { exchangeBytes, exchangeJson, type HttpSourceSettings } from "../http-source/http-source.ts";
import { SourceError } from "../http-source/source-error.ts";
import type { Environment } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import type { ClientFlags } from "./client-flags.ts";
import { findKey } from "./credentials.ts";
import { readProfile, type Profile } from "./profiles.ts";
import { isLocalService, SERVICES, type ServiceKind } from "./services.ts";

/** The REST of a gateway, as a holder of an API key sees it. Each call rejects with a `CommandError`. */
export interface GatewayClient {
  readonly url: string;
  /** Whether it has an API key to send. */
  readonly authenticated: boolean;
  /**
   * `path` is below `/api/v1/`, or begins with `/`. `response` loads the schema of the response, while that is awaited.
   * `accepted` are statuses that bear the response in addition to 2xx.
   */
  call<S extends z.ZodType>(
    method: string,
    path: string,
    response: () => Promise<S>,
    body?: unknown,
    accepted?: readonly number[],
  ): Promise<z.output<S>>;
  /** The bytes of a response of any size, as they come. What ends before its time rejects while it is read. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
}

/** What a command has to say to its client; by default none of it. */
export interface ClientSettings {
  /** For a whole exchange, in milliseconds. Default: longer than any response takes that a tool waits for. */
  readonly timeoutMs?: number;
  /** Ends exchanges that run. */
  readonly signal?: AbortSignal;
  /** Which service is asked. Default: a gateway. */
  readonly service?: keyof typeof SERVICES;
  /** It can do something without an API key. */
  readonly keyless?: boolean;
}

const TIMEOUT_MS = 90_000;
/** Unasked, zod writes and compiles a function for each schema, which pays for a service, and not for one response. */
const CHECKED_ONCE = { jitless: true } as const;

export function openGateway(
  flags: ClientFlags,
  { process }: ToolContext,
  settings: ClientSettings = {},
): GatewayClient {
  const { env } = process;
  const service = SERVICES[settings.service ?? "gateway"];
  const profile = chosenProfile(flags, env);
  const base = parseAddress(
    flags.url ?? profile?.url ?? ((profile === null && env[service.urlVariable]) || service.localUrl(env)),
    `The ${service.name}'s URL`,
    service.localUrl({}),
    `A key goes into --key-file or ${service.keyVariable}.`,
  );
  const key = findKey(base, service, env, { keyFile: flags.keyFile, profile });
  if (key === null && settings.keyless !== true) {
    throw new CommandError(EXIT.usage, withoutKey(base, service, flags, env));
  }
  const source: HttpSourceSettings = {
    name: service.name,
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
    async call(method, path, response, body, accepted = []) {
      const [schema, { status, json }] = await Promise.all([
        response(),
        exchangeJson(source, { method, path: below(path), body }),
      ]);
      const good = (status >= 200 && status < 300) || accepted.includes(status);
      const parsed = good ? schema.safeParse(json, CHECKED_ONCE) : undefined;
      if (parsed?.success === true) {
        return parsed.data;
      }
      if (status >= 200 && status < 300) {
        throw new SourceError("unclear", `${base} responds with what this tool does not understand.`);
      }
      throw refused(status, json, base);
    },
    async stream(path) {
      const taken = await exchangeBytes(source, { method: "GET", path: below(path) });
      if ("body" in taken) {
        return taken.body;
      }
      throw refused(taken.status, taken.json, base);
    },
  };
}

/** The profile that was named, by the command line or the environment; `null` without one. Throws a `CommandError`. */
export function chosenProfile({ url, profile }: ClientFlags, environment: Environment): Profile | null {
  const name = profile ?? (url === undefined ? environment["SARK_PROFILE"] : undefined);
  if (!name) {
    return null;
  }
  if (url !== undefined) {
    throw new CommandError(EXIT.usage, "--url and --profile both say which gateway: say one of them.");
  }
  return readProfile(name, environment);
}

function withoutKey(
  url: string,
  service: ServiceKind,
  { profile }: ClientFlags,
  environment: Environment,
): string {
  const name = profile ?? environment["SARK_PROFILE"];
  if (name) {
    return `The profile ${name} names no key: give it a keyFile, or say --key-file FILE.`;
  }
  const path = service.localKeyFile(environment);
  const reason = isLocalService(url, service, environment)
    ? `There is no API key in ${path}`
    : `The API key in ${path} is for a ${service.name} on this machine alone`;
  return `${reason}: say --key-file FILE, or set ${service.keyVariable}.`;
}

function below(path: string): string {
  return path.startsWith("/") ? path : `/api/v1/${path}`;
}

/** What the gateway says of itself; 400 and 404 are about what the command line asks for. */
function refused(status: number, json: unknown, base: string): SourceError {
  const { error } = Object(json) as { error?: { message?: unknown } };
  const message =
    typeof error?.message === "string" ? error.message : `${base} responds with HTTP ${status}.`;
  const exitCode = status === 400 || status === 404 ? EXIT.usage : EXIT.unable;
  return new SourceError(status >= 500 ? "failing" : "refused", message, { exitCode, status });
}
