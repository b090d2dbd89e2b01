import type { z } from "zod";
import type { EndpointGroup, Service } from "../endpoint.ts";
import { documentedPath } from "../routes/path.ts";
import type { OpenApiDocument, OpenApiOperation } from "./document-types.ts";
import { collectSchemas } from "./json-schema.ts";
import { describeEndpoint, type ErrorWords } from "./describe-endpoint.ts";

/** What an error code comes with. */
export interface ErrorStatus {
  readonly status: number;
}

/** Error codes that endpoints of a kind may respond with, without saying it each. */
export interface ImpliedErrors<Code extends string> {
  readonly always: readonly Code[];
  readonly authenticated: readonly Code[];
  readonly roles: readonly Code[];
  readonly input: readonly Code[];
  readonly body: readonly Code[];
}

export interface ApiDescription<S extends Service> {
  readonly info: OpenApiDocument["info"];
  readonly groups: readonly EndpointGroup<S, never>[];
  readonly errors: Readonly<Record<S["error"], ErrorStatus>>;
  readonly impliedErrors: ImpliedErrors<S["error"]>;
  /** The body of every error. */
  readonly errorBody: z.ZodType;
  /** Its media type. Default: JSON. */
  readonly errorType?: string;
  readonly securitySchemes: Readonly<Record<string, object>>;
  /** Routes of the service that are not in its table. */
  readonly further?: {
    readonly tags: OpenApiDocument["tags"];
    readonly paths: OpenApiDocument["paths"];
  };
}

/** The OpenAPI 3.1 document of a table. */
export function describeApi<S extends Service>(api: ApiDescription<S>): OpenApiDocument {
  const collection = collectSchemas();
  const words: ErrorWords = {
    errors: api.errors,
    implied: api.impliedErrors,
    body: collection.convert(api.errorBody, "output"),
    bodyType: api.errorType ?? "application/json",
    security: Object.keys(api.securitySchemes).map((name) => ({ [name]: [] })),
  };
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const { title, endpoints } of api.groups) {
    for (const [id, endpoint] of Object.entries(endpoints)) {
      const operations = (paths[documentedPath(endpoint.path)] ??= {});
      operations[endpoint.method.toLowerCase()] = describeEndpoint(id, title, endpoint, words, collection);
    }
  }
  const { tags = [], paths: furtherPaths = {} } = api.further ?? {};
  return {
    openapi: "3.1.0",
    info: api.info,
    tags: [...api.groups.map(({ title, description }) => ({ name: title, description })), ...tags],
    paths: { ...paths, ...furtherPaths },
    components: {
      schemas: sortedByName(collection.schemas),
      securitySchemes: api.securitySchemes,
    },
  };
}

function sortedByName<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
