import type {
  JsonSchema,
  OpenApiBody,
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
} from "../openapi/document-types.ts";
import { describeSchema } from "./describe-schema.ts";
import { requestLine } from "./request-line.ts";

/** The reference page of a document: a chapter for each group, with the example of each endpoint. */
export function renderReference(document: OpenApiDocument, introduction: string): string {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const chapters = document.tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    const table = [
      "| endpoint | who | what |",
      "|---|---|---|",
      ...own.map(({ method, path, operation }) => {
        const anchor = operation.operationId.toLowerCase();
        return `| [\`${method} ${path}\`](#${anchor}) | ${whoMay(operation)} | ${operation.summary} |`;
      }),
    ];
    const sections = own.map(({ method, path, operation }) =>
      renderOperation(method, path, operation, document.components.schemas),
    );
    return [`## ${name}`, description, table.join("\n"), ...sections].join("\n\n");
  });
  return `${[`# ${document.info.title}`, introduction, ...chapters].join("\n\n")}\n`;
}

type Schemas = OpenApiDocument["components"]["schemas"];

function renderOperation(
  method: string,
  path: string,
  operation: OpenApiOperation,
  schemas: Schemas,
): string {
  const { operationId, summary, description, parameters = [], requestBody } = operation;
  return [
    `### ${operationId}`,
    `\`${method} ${path}\`: ${summary}.`,
    ...(description === undefined ? [] : [description]),
    `Who may call: ${whoMay(operation)}.${privileges(operation)}`,
    ...(parameters.length === 0 ? [] : [renderParameters(parameters)]),
    ...(requestBody === undefined ? [] : [renderBody(requestBody, schemas)]),
    renderResponses(operation, schemas),
    renderExample(method, path, operation),
  ].join("\n\n");
}

function whoMay({ "x-access": access }: OpenApiOperation): string {
  return Array.isArray(access) ? access.map((role) => `\`${String(role)}\``).join(", ") : String(access);
}

function privileges({ "x-privileges": granted }: OpenApiOperation): string {
  const all = Object.values((granted ?? {}) as Record<string, { roles: string[]; may: string }>);
  return all
    .map(({ roles, may }) => ` ${roles.map((role) => `\`${role}\``).join(" and ")} may ${may}.`)
    .join("");
}

function renderParameters(parameters: readonly OpenApiParameter[]): string {
  return [
    "| parameter | in | type | |",
    "|---|---|---|---|",
    ...parameters.map(({ name, in: part, required, schema, description = "" }) => {
      const must = required ? "required. " : "";
      return `| \`${name}\` | ${part} | ${cell(describeSchema(schema))} | ${cell(`${must}${description}`)} |`;
    }),
  ].join("\n");
}

function renderBody({ content, required }: OpenApiBody, schemas: Schemas): string {
  const schema = content?.["application/json"]?.schema;
  if (schema === undefined) {
    return "";
  }
  return [
    "| body | type | |",
    "|---|---|---|",
    ...members(schema, schemas).map(({ name, schema: member, isRequired }) => {
      const must = isRequired ? "required. " : "";
      return `| \`${name}\` | ${cell(describeSchema(member))} | ${cell(must + text(member["description"]))} |`;
    }),
    ...(required === false ? ["\nThe body may be left out."] : []),
  ].join("\n");
}

function members(schema: JsonSchema, schemas: Schemas) {
  const resolved = resolve(schema, schemas);
  const required = (resolved["required"] ?? []) as readonly string[];
  return Object.entries((resolved["properties"] ?? {}) as Record<string, JsonSchema>).map(
    ([name, member]) => ({ name, schema: member, isRequired: required.includes(name) }),
  );
}

function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const { $ref: reference } = schema;
  return typeof reference === "string" ? (schemas[reference.split("/").at(-1) ?? ""] ?? schema) : schema;
}

/** What is not merely an error; the errors follow in one line. */
function renderResponses({ responses, "x-errors": errors }: OpenApiOperation, schemas: Schemas): string {
  const rows = Object.entries(responses)
    .filter(([status]) => errors?.[status] === undefined || isMore(responses[status], errors[status]))
    .map(([status, { description = "", content }]) => {
      const schema = content?.["application/json"]?.schema;
      const shown = schema === undefined ? "" : ` Body: ${memberNames(schema, schemas)}.`;
      return `| ${status} | ${cell(`${description}${shown}`)} |`;
    });
  const codes = Object.entries(errors ?? {}).map(
    ([status, all]) => `${status} ${all.map((code) => `\`${code}\``).join(", ")}`,
  );
  return [
    ["| status | |", "|---|---|", ...rows].join("\n"),
    ...(codes.length === 0 ? [] : [`Errors: ${codes.join("; ")}.`]),
  ].join("\n\n");
}

/** Whether a status stands for a response, too, besides these errors. */
function isMore(response: OpenApiBody | undefined, errors: readonly string[]): boolean {
  return response?.description !== errors.map((code) => `\`${code}\``).join(", ");
}

function memberNames(schema: JsonSchema, schemas: Schemas): string {
  const { anyOf, items } = schema;
  if (Array.isArray(anyOf)) {
    return memberNames(anyOf[0] as JsonSchema, schemas);
  }
  if (typeof items === "object") {
    return `a list of ${memberNames(items as JsonSchema, schemas)}`;
  }
  const names = members(schema, schemas).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? describeSchema(schema) : names.join(", ");
}

function renderExample(method: string, path: string, operation: OpenApiOperation): string {
  const { parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content?.["application/json"]?.example;
  const request = [
    `${method} ${requestLine(path, parameters)}`,
    ...(body === undefined ? [] : ["Content-Type: application/json", "", pretty(body)]),
  ].join("\n");
  const shown = Object.entries(responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content)
      .filter(([, media]) => media.example !== undefined)
      .map(([type, { example }]) => ({ status, type, example })),
  )[0];
  const [success = "200"] = Object.keys(responses);
  const response =
    shown === undefined
      ? `HTTP/1.1 ${success}`
      : `HTTP/1.1 ${shown.status}\nContent-Type: ${shown.type}\n\n${pretty(shown.example)}`;
  return `\`\`\`http\n${request}\n\`\`\`\n\n\`\`\`http\n${response}\n\`\`\``;
}

function pretty(value: unknown): string {
  return typeof value === "string" ? value.trimEnd() : JSON.stringify(value, null, 2);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** In one cell of a table. */
function cell(value: string): string {
  return value.trim().replaceAll("|", "\\|").replaceAll(/\n+/g, "<br>");
}
