import { describeGateway } from "@sark/gateway";
import { undocumented } from "../../support/documented-responses.ts";
import type { HostileCase } from "../cases/case.ts";
import type { WireResponse } from "../wire/read-responses.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What is refused before it is known which endpoint it is for, as `docs/reference/api.md` says. */
const BEFORE_ENDPOINTS = new Set([
  "malformed_request",
  "slow_client",
  "expectation_failed",
  "headers_too_large",
  "invalid_request",
  "not_found",
]);

const codes = new Set(codesOf(describeGateway()));

/** What is wrong with a response, whatever it is a response to. */
export function responseProblems(response: WireResponse, { endpoint, whole, pieces }: HostileCase): string[] {
  const { status, headers, body, truncated } = response;
  const found: string[] = [];
  if (status === 500 || status === 501 || status < 200) {
    found.push(`status ${status}`);
  }
  const ids = headers.get("x-correlation-id") ?? [];
  if (ids.length !== 1 || !UUID.test(ids[0] ?? "")) {
    found.push(`its correlation ids are ${JSON.stringify(ids)}`);
  }
  const type = headers.get("content-type")?.[0] ?? "";
  if (truncated || body === "") {
    if (whole && truncated && !type.startsWith("text/event-stream")) {
      found.push("it has no end");
    }
    return found;
  }
  if (type.startsWith("application/json")) {
    const value = parse(body);
    found.push(
      ...(value === undefined
        ? ["its JSON is none"]
        : documentProblems(value, {
            status,
            correlationId: ids[0] ?? "",
            bridged: pieces.join("").includes("piped"),
          })),
    );
  } else if (type.startsWith("text/event-stream")) {
    found.push(...streamProblems(body));
  } else if (status >= 400) {
    found.push(`an error of the type ${JSON.stringify(type)}`);
  }
  if (endpoint !== undefined && whole) {
    found.push(...endpointProblems(endpoint, response));
  }
  return found;
}

interface Circumstances {
  readonly status: number;
  readonly correlationId: string;
  /** It may come from the bridge to a stdio server, whose errors are those of an official server. */
  readonly bridged: boolean;
}

function documentProblems(value: unknown, of: Circumstances): string[] {
  const { status, correlationId } = of;
  if (Array.isArray(value) && value.some((one) => Object.hasOwn(Object(one) as object, "jsonrpc"))) {
    return value.flatMap((one) => documentProblems(one, of));
  }
  const { jsonrpc, error } = Object(value) as { jsonrpc?: unknown; error?: Record<string, unknown> };
  if (jsonrpc !== undefined) {
    return error === undefined ? [] : jsonRpcProblems(error, of);
  }
  if (status < 400 || (error === undefined && status === 503)) {
    return [];
  }
  const { code, message, correlation_id: named } = Object(error) as Record<string, unknown>;
  return [
    ...(typeof code === "string" && codes.has(code)
      ? []
      : [`the code of its error is ${JSON.stringify(code)}`]),
    ...(code === "internal_error" ? ["an internal error"] : []),
    ...(typeof message === "string" && message !== "" ? [] : ["its error has no message"]),
    ...(named === correlationId ? [] : [`its error names ${JSON.stringify(named)}`]),
  ];
}

/** The servers here respond with no errors: each is the gateway's own. */
function jsonRpcProblems(
  { code, message, data }: Record<string, unknown>,
  { correlationId, bridged }: Circumstances,
): string[] {
  const own = data !== undefined || !bridged;
  const { reason_code: reason, correlation_id: named } = Object(data) as Record<string, unknown>;
  return [
    ...(Number.isSafeInteger(code) ? [] : [`the code of its error is ${JSON.stringify(code)}`]),
    ...(typeof message === "string" && message !== "" ? [] : ["its error has no message"]),
    ...(!own || typeof reason === "string" ? [] : ["its error has no reason code"]),
    ...(!own || named === correlationId ? [] : [`its error names ${JSON.stringify(named)}`]),
  ];
}

function streamProblems(body: string): string[] {
  return body.split("\n").flatMap((line) => {
    if (line.startsWith("data: ") && line.length > "data: ".length) {
      return parse(line.slice("data: ".length)) === undefined
        ? [`an event is no JSON: ${line.slice(0, 200)}`]
        : [];
    }
    return /^(?:|data: ?|event: [\w/-]+|id: [\x20-\x7e]*|retry: \d+|:.*)$/.test(line)
      ? []
      : [`a line of no field: ${line.slice(0, 200)}`];
  });
}

function endpointProblems(
  endpoint: { readonly method: string; readonly path: string },
  response: WireResponse,
): string[] {
  const { error } = Object(parse(response.body)) as { error?: { code?: unknown } };
  if (BEFORE_ENDPOINTS.has(String(error?.code))) {
    return [];
  }
  const headers = Object.fromEntries(
    [...response.headers].map(([name, values]) => [name, values.join(", ")]),
  );
  return undocumented(endpoint.method, endpoint.path, {
    status: response.status,
    headers,
    text: response.body,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function codesOf(document: object): readonly string[] {
  const { components } = document as {
    components: {
      schemas: { Error: { properties: { error: { properties: { code: { enum: string[] } } } } } };
    };
  };
  return components.schemas.Error.properties.error.properties.code.enum;
}

/** Why it is an error, in the gateway's own words; the status where it is none. */
export function reasonOf({ status, body }: WireResponse): string {
  const [first] = [parse(body)].flat();
  const { error } = Object(first) as {
    error?: { code?: string | number; data?: { reason_code?: string } };
  };
  return String(error?.data?.reason_code ?? error?.code ?? status);
}
