import { z } from "zod";
import type { JsonSchema } from "./document-types.ts";

const documented = z.registry<{ readonly schema: JsonSchema }>();

/** Documents a schema as this one, where its checks are code that no JSON Schema could say. */
export function documentedAs<S extends z.ZodType>(schema: S, as: JsonSchema): S {
  documented.add(schema, { schema: as });
  return schema;
}

/** Schemas that have an `id` in their metadata, collected from all that were converted, by that id. */
export interface SchemaCollection {
  readonly schemas: Record<string, JsonSchema>;
  /** The JSON Schema of what a client sends (`input`) or gets (`output`). */
  convert(schema: z.ZodType, io: "input" | "output"): JsonSchema;
}

export function collectSchemas(): SchemaCollection {
  const schemas: Record<string, JsonSchema> = {};
  return {
    schemas,
    convert(schema, io) {
      const { $schema: _, $defs = {}, ...converted } = toJsonSchema(schema, io);
      for (const [id, named] of Object.entries($defs as Record<string, JsonSchema>)) {
        const moved = moveReferences(named);
        const before = schemas[id];
        if (before !== undefined && JSON.stringify(before) !== JSON.stringify(moved)) {
          throw new Error(`two schemas have the id ${id}, or one is another when it is sent`);
        }
        schemas[id] = moved;
      }
      return moveReferences(converted);
    },
  };
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, {
    io,
    unrepresentable: ({ zodSchema, message }) => {
      if (documented.has(zodSchema)) {
        return "any";
      }
      throw new Error(`${message}: say documentedAs(…)`);
    },
    override({ zodSchema, jsonSchema }) {
      const entry = documented.get(zodSchema);
      if (entry !== undefined) {
        replaceMembers(jsonSchema, entry.schema);
      }
      // Later versions may say more; who reads a response must not mind.
      if (io === "output" && jsonSchema.additionalProperties === false) {
        delete jsonSchema.additionalProperties;
      }
    },
  }) as JsonSchema;
}

function replaceMembers(target: object, members: object): void {
  for (const key of Object.keys(target)) {
    if (key !== "default" && key !== "description") {
      Reflect.deleteProperty(target, key);
    }
  }
  Object.assign(target, members);
}

/** Named schemas stand among the components of a document, not beside each schema that names them. */
function moveReferences<T>(value: T): T {
  const text = JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as T;
}
