import { Validator } from "@seriousme/openapi-schema-validator";
import type { JsonSchema, OpenApiOperation } from "@sark/http-api/documents";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { OPERATORS_ROUTES } from "../telemetry/known-values.ts";
import { describeGateway } from "./describe-gateway.ts";
import { TABLE } from "./table.ts";

const document = describeGateway();
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

function schemas(): [string, JsonSchema][] {
  return operations.flatMap(({ operationId, parameters = [], requestBody, responses }: OpenApiOperation) => [
    ...parameters.map(({ name, schema }): [string, JsonSchema] => [`${operationId} ${name}`, schema]),
    ...Object.entries({ body: requestBody, ...responses }).flatMap(([where, body]) =>
      Object.values(body?.content ?? {}).flatMap(({ schema }): [string, JsonSchema][] =>
        schema === undefined ? [] : [[`${operationId} ${where}`, schema]],
      ),
    ),
  ]);
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addKeyword("components");
const compiled = new Map<string, ValidateFunction>();

/** Knows the document's own schemas. Many endpoints have one in common, which is compiled once. */
function compile(schema: JsonSchema): ValidateFunction {
  const text = JSON.stringify(schema);
  const known = compiled.get(text) ?? ajv.compile({ ...schema, components: document.components });
  compiled.set(text, known);
  return known;
}

describe("the OpenAPI document of the gateway", () => {
  it("is one that an OpenAPI 3.1 validator takes", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document) as never)).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("has the routes that rules do not count as traffic of clients [ALR-6]", () => {
    expect(OPERATORS_ROUTES.filter((route) => document.paths[`/${route}`] === undefined)).toEqual([]);
  });

  it("has schemas that compile, strictly", () => {
    const failing = schemas().flatMap(([where, schema]) => {
      try {
        compile(schema);
        return [];
      } catch (error) {
        return [`${where}: ${(error as Error).message}`];
      }
    });
    expect(failing).toEqual([]);
  });

  it("has examples that are as their schemas say", () => {
    const wrong: unknown[] = [];
    for (const { operationId, parameters = [], requestBody, responses } of operations) {
      const medias = [
        ...parameters,
        ...[requestBody, ...Object.values(responses)].flatMap((body) => Object.values(body?.content ?? {})),
      ];
      for (const { schema, example } of medias) {
        if (schema === undefined || example === undefined) {
          continue;
        }
        const validate = compile(schema);
        if (!validate(example)) {
          wrong.push([operationId, validate.errors]);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("lists every endpoint of the table and MCP, each with its access and an example", () => {
    const inTable = Object.values(TABLE).flatMap(({ endpoints }) => Object.keys(endpoints));
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
      [...inTable, "mcpSend", "mcpListen", "mcpEndSession"].toSorted(),
    );
    const isOpen = (operation: OpenApiOperation) => operation.security.length === 0;
    expect(operations.filter(isOpen)).toEqual(
      operations.filter((operation) => operation["x-access"] === "public"),
    );
    expect(operations.filter((operation) => operation["x-access"] === undefined)).toEqual([]);
  });
});
