import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { z } from "zod";
import { renderReference } from "../reference/render-reference.ts";
import { LIBRARY, type Library } from "../testing/library.ts";
import { describeApi } from "./describe-api.ts";
import { collectSchemas } from "./json-schema.ts";

const document = describeApi<Library>({
  info: {
    title: "Library",
    version: "1.0.0",
    description: "Books.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  groups: Object.values(LIBRARY),
  errors: {
    not_found: { status: 404 },
    invalid: { status: 400 },
    forbidden: { status: 403 },
    broken: { status: 500 },
  },
  impliedErrors: { always: ["invalid"], authenticated: [], roles: ["forbidden"], input: [], body: [] },
  errorBody: z.object({ error: z.string() }).meta({ id: "Error" }),
  securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key" } },
});

it("is a document that an OpenAPI 3.1 validator takes", async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document) as never)).toMatchObject({ valid: true });
  expect(validator.version).toBe("3.1");
});

it("says of an endpoint who may call it, what it takes and what it responds with", () => {
  expect(document.paths["/books"]?.["get"]).toMatchObject({
    operationId: "listBooks",
    tags: ["Books"],
    parameters: [
      {
        name: "limit",
        in: "query",
        required: false,
        schema: { type: "integer", minimum: 0, maximum: 99, default: 10 },
        example: 1,
      },
    ],
    responses: {
      "200": {
        content: {
          "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Book" } } },
        },
      },
      "400": { description: "`invalid`" },
      "403": { description: "`forbidden`" },
    },
    security: [{ key: [] }],
    "x-access": ["reader", "librarian"],
    "x-errors": { "400": ["invalid"], "403": ["forbidden"] },
  });
  expect(document.paths["/open"]?.["get"]).toMatchObject({ security: [], "x-access": "public" });
  expect(document.paths["/pages/{path}"]?.["get"]?.parameters).toMatchObject([{ name: "path", in: "path" }]);
  expect(document.paths["/tidy"]?.["post"]?.requestBody).toMatchObject({ required: false });
  expect(document.paths["/books"]?.["post"]?.requestBody).toMatchObject({
    required: true,
    content: { "application/json": { schema: { additionalProperties: false } } },
  });
});

it("has schemas that compile, and takes no member away from later versions", () => {
  const book = document.components.schemas["Book"] ?? {};
  const validate = new Ajv2020().compile(book);
  expect(validate({ id: "1", title: "Dune", tags: [], rating: 5 })).toBe(true);
  expect(validate({ id: "1", title: "Dune" })).toBe(false);
});

it("refuses two schemas of one id, and checks that no schema could say", () => {
  const collection = collectSchemas();
  collection.convert(z.object({ a: z.string() }).meta({ id: "Same" }), "output");
  expect(() =>
    collection.convert(z.object({ list: z.object({ b: z.string() }).meta({ id: "Same" }) }), "output"),
  ).toThrow(/Same/);
  expect(() => collection.convert(z.object({ a: z.custom() }), "input")).toThrow(/documentedAs/);
});

it("is rendered as a page with every endpoint and its example", () => {
  const page = renderReference(document, "All about it.");
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { operationId }] of Object.entries(operations)) {
      expect(page).toContain(`### ${operationId}\n\n\`${method.toUpperCase()} ${path}\``);
    }
  }
  expect(page).toContain("Who may call: `reader`, `librarian`.");
  expect(page).toContain("`librarian` may add rare books.");
  expect(page).toContain('POST /books\nContent-Type: application/json\n\n{\n  "title": "Dune"\n}');
  expect(page).toContain("GET /books?limit=1\n");
  expect(page).toContain("| `limit` | query | integer, from 0 to 99, default `10` |  |");
});
