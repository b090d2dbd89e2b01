import { isDeepStrictEqual } from "node:util";
import { describeGateway, TABLE } from "@sark/gateway";
import { documentedPath, findEndpoint, type OpenApiDocument } from "@sark/http-api/documents";
import type { Endpoint, Output, Service } from "@sark/http-api";

const groups = Object.values(TABLE);
let made: OpenApiDocument | undefined;
const document = () => (made ??= describeGateway());

export interface SeenResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What the table does not say of a response that the gateway sent: every test that sends a request holds it to that. */
export function undocumented(method: string, path: string, response: SeenResponse): string[] {
  const [plain = ""] = path.split("?");
  const found = findEndpoint<Service>(groups, method, plain);
  // What Node.js itself responds with is no request's response.
  if (found === null || response.headers["x-correlation-id"] === undefined) {
    return [];
  }
  const { id, endpoint } = found;
  const declared = endpoint.output[response.status];
  const asError = errorProblems(endpoint, response);
  const asOutput = declared === undefined ? asError : outputProblems(declared, response);
  // A status may stand for both.
  return asError.length === 0 ? [] : asOutput.map((problem) => `${id}: ${problem}`);
}

function outputProblems(output: Output, { status, headers, text }: SeenResponse): string[] {
  const type = String(headers["content-type"] ?? "");
  switch (output.kind) {
    case "json": {
      const body = parse(text);
      const parsed = output.schema.safeParse(body);
      if (!parsed.success) {
        return [`${status} is not as its schema says: ${parsed.error.message}`];
      }
      return [
        ...(type.startsWith("application/json") ? [] : [`${status} has the type ${type}`]),
        ...(isDeepStrictEqual(parsed.data, body) ? [] : [`${status} has members that its schema does not`]),
      ];
    }
    case "text":
    case "stream":
      return output.types.includes(type) ? [] : [`${status} has the type ${type}`];
    case "bytes":
      return type === "application/octet-stream" ? [] : [`${status} has the type ${type}`];
    // None of it reaches those who send requests and read responses.
    case "upgrade":
    case "empty":
      return text === "" ? [] : [`${status} has a body`];
  }
}

function errorProblems(endpoint: Endpoint<Service, never>, { status, text }: SeenResponse): string[] {
  const { error } = Object(parse(text)) as { error?: { code?: string } };
  const operation = document().paths[documentedPath(endpoint.path)]?.[endpoint.method.toLowerCase()];
  const codes = operation?.["x-errors"]?.[status] ?? [];
  return codes.includes(String(error?.code)) ? [] : [`${status} ${text.slice(0, 200)} is not documented`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
