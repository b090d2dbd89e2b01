import { EVERY_CALLER, PUBLIC } from "../access.ts";
import type { Endpoint, Input, Service } from "../endpoint.ts";
import { shownExample } from "../examples/example.ts";
import type { Output } from "../output.ts";
import { isOptional } from "../routes/read-input.ts";
import type { ErrorStatus, ImpliedErrors } from "./describe-api.ts";
import type {
  JsonSchema,
  OpenApiBody,
  OpenApiMedia,
  OpenApiOperation,
  OpenApiParameter,
} from "./document-types.ts";
import type { SchemaCollection } from "./json-schema.ts";

export interface ErrorWords {
  readonly errors: Readonly<Record<string, ErrorStatus>>;
  readonly implied: ImpliedErrors<string>;
  readonly body: JsonSchema;
  readonly bodyType: string;
  /** Each alone is enough. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export function describeEndpoint(
  id: string,
  tag: string,
  endpoint: Endpoint<Service, never>,
  words: ErrorWords,
  schemas: SchemaCollection,
): OpenApiOperation {
  const { summary, description, roles, privileges, input = {}, output } = endpoint;
  const example = shownExample(endpoint.example);
  const parameters = [
    ...parametersIn("path", input, example.request?.path, schemas),
    ...parametersIn("query", input, example.request?.query, schemas),
    ...parametersIn("headers", input, example.request?.headers, schemas),
  ];
  const errors = errorsByStatus(endpoint, words);
  const responses = Object.entries(output).map(([status, declared]): [string, OpenApiBody] => {
    const isShown = Number(status) === example.response.status;
    return [status, describeOutput(declared, isShown ? example.response.body : undefined, schemas)];
  });
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(input.body === undefined
      ? {}
      : {
          requestBody: {
            required: !isOptional(input.body),
            content: requestContent(endpoint, schemas.convert(input.body, "input"), example.request?.body),
          },
        }),
    responses: mergeByStatus([...responses, ...describeErrors(errors, words)]),
    security: roles === PUBLIC ? [] : words.security,
    "x-errors": errors,
    "x-access": roles,
    ...(privileges === undefined ? {} : { "x-privileges": privileges }),
  };
}

function parametersIn(
  part: "path" | "query" | "headers",
  input: Input,
  examples: Readonly<Record<string, unknown>> | undefined,
  schemas: SchemaCollection,
): OpenApiParameter[] {
  const schema = input[part];
  if (schema === undefined) {
    return [];
  }
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, default: byDefault, ...converted } = schemas.convert(field as never, "input");
    return {
      name,
      in: part === "headers" ? ("header" as const) : part,
      required: part === "path" || !isOptional(field as never),
      ...(typeof description === "string" ? { description } : {}),
      schema: byDefault === undefined ? converted : { ...converted, default: byDefault },
      ...withExample(examples?.[name]),
    };
  });
}

/** The schema is that of JSON; of another type it is said what it is. */
function requestContent(
  { bodyTypes = ["application/json"] }: Endpoint<Service, never>,
  schema: JsonSchema,
  example: unknown,
): Readonly<Record<string, OpenApiMedia>> {
  return Object.fromEntries(
    bodyTypes.map((type) => [
      type,
      type === "application/json" ? { schema, ...withExample(example) } : { schema: { type: "string" } },
    ]),
  );
}

function describeOutput(output: Output, example: unknown, schemas: SchemaCollection): OpenApiBody {
  return { description: output.description, ...withContent(contentOf(output, example, schemas)) };
}

function contentOf(
  output: Output,
  example: unknown,
  schemas: SchemaCollection,
): Readonly<Record<string, OpenApiMedia>> | null {
  switch (output.kind) {
    case "json":
      return {
        "application/json": { schema: schemas.convert(output.schema, "output"), ...withExample(example) },
      };
    case "text":
    case "stream": {
      const types = output.types.map((type) => mediaType(type));
      return Object.fromEntries(
        types.map((type, at) => [
          type,
          { schema: { type: "string" }, ...withExample(at === 0 ? example : undefined) },
        ]),
      );
    }
    case "bytes":
      return { "application/octet-stream": {} };
    case "upgrade":
    case "empty":
      return null;
  }
}

function withContent(content: NonNullable<OpenApiBody["content"]> | null): Pick<OpenApiBody, "content"> {
  return content === null ? {} : { content };
}

function withExample(example: unknown): { readonly example?: unknown } {
  return example === undefined ? {} : { example };
}

/** Without its parameters. */
function mediaType(type: string): string {
  return type.replace(/\s*;.*$/, "");
}

/** Error codes of an endpoint by their status. */
function errorsByStatus(
  endpoint: Endpoint<Service, never>,
  { errors, implied }: ErrorWords,
): Record<string, string[]> {
  const byStatus: Record<string, string[]> = {};
  for (const code of errorsOf(endpoint, implied)) {
    const error = errors[code];
    if (error === undefined) {
      throw new Error(`${endpoint.method} ${endpoint.path}: ${code} is in no list of errors`);
    }
    (byStatus[error.status] ??= []).push(code);
  }
  return byStatus;
}

/** One response for each status, whose description lists the error codes that it may come with. */
function describeErrors(
  byStatus: Readonly<Record<string, readonly string[]>>,
  { body, bodyType }: Pick<ErrorWords, "body" | "bodyType">,
): [status: string, body: OpenApiBody][] {
  return Object.entries(byStatus).map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\``).join(", "),
      content: { [bodyType]: { schema: body } },
    },
  ]);
}

/** A status may stand for a response and for errors: its body is one of both. */
function mergeByStatus(
  responses: readonly (readonly [status: string, body: OpenApiBody])[],
): Record<string, OpenApiBody> {
  const merged: Record<string, OpenApiBody> = {};
  for (const [status, next] of responses.toSorted(([a], [b]) => Number(a) - Number(b))) {
    const before = merged[status];
    merged[status] = before === undefined ? next : either(before, next);
  }
  return merged;
}

function either(one: OpenApiBody, other: OpenApiBody): OpenApiBody {
  const [first, second] = [one, other].map(({ content }) => content?.["application/json"]);
  if (first === undefined || second === undefined) {
    return {
      description: `${one.description} Or ${other.description}.`,
      content: { ...one.content, ...other.content },
    };
  }
  return {
    description: `${one.description} Or ${other.description}.`,
    content: {
      ...one.content,
      ...other.content,
      "application/json": { ...first, schema: { anyOf: [first?.schema ?? {}, second?.schema ?? {}] } },
    },
  };
}

/** All codes that an endpoint may respond with. */
export function errorsOf(
  { roles, input = {}, errors }: Endpoint<Service, never>,
  implied: ImpliedErrors<string>,
): ReadonlySet<string> {
  return new Set([
    ...implied.always,
    ...(roles === PUBLIC ? [] : implied.authenticated),
    ...(roles === PUBLIC || roles === EVERY_CALLER ? [] : implied.roles),
    ...(Object.keys(input).length === 0 ? [] : implied.input),
    ...(input.body === undefined ? [] : implied.body),
    ...errors,
  ]);
}
