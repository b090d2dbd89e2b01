import { Readable } from "node:stream";
import { z } from "zod";
import { EVERY_CALLER, PUBLIC } from "../access.ts";
import { defineEndpoints } from "../define.ts";
import { respond } from "../endpoint.ts";
import { varies } from "../examples/example.ts";
import { documentedAs } from "../openapi/json-schema.ts";
import { bytes, empty, json, stream, text } from "../output.ts";

/** A service as small as one can be that uses everything: callers are their roles. */
export interface Library {
  readonly caller: readonly string[];
  readonly role: "reader" | "librarian";
  readonly error: "not_found" | "invalid" | "forbidden" | "broken";
}

export interface Shelves {
  /** What was asked for by callers who may not. */
  readonly denied: unknown[];
  /** Denials that endpoints left to the service. */
  readonly left: string[];
  readonly handled: string[];
}

const { endpoint, group } = defineEndpoints<Library, Shelves>();

export const book = z
  .object({ id: z.string(), title: z.string(), tags: z.array(z.string()) })
  .meta({ id: "Book" });

const limit = documentedAs(
  z
    .string()
    .regex(/^\d{1,2}$/, "must be a number")
    .transform(Number)
    .default(10),
  { type: "integer", minimum: 0, maximum: 99, default: 10 },
);

const DUNE = { id: "1", title: "Dune", tags: [] };

export const LIBRARY = {
  books: group({
    title: "Books",
    description: "What is on the shelves.",
    endpoints: {
      listBooks: endpoint({
        method: "GET",
        path: "/books",
        summary: "All books",
        roles: ["reader", "librarian"],
        input: { query: z.strictObject({ limit }) },
        output: { 200: json(z.array(book), "The books.") },
        errors: [],
        cacheControl: "no-store",
        example: { request: { query: { limit: 1 } }, response: { status: 200, body: [DUNE] } },
        async denied({ denied }, { read }) {
          denied.push(read().query);
        },
        handler: (_shelves, { query }) => respond(200, [DUNE].slice(0, query.limit)),
      }),
      getBook: endpoint({
        method: "GET",
        path: "/books/{id}",
        summary: "A book",
        roles: ["reader"],
        input: { path: z.object({ id: z.string() }) },
        output: { 200: json(book, "The book."), 404: empty("There is none.") },
        errors: [],
        example: {
          request: { path: { id: varies("1", "book") } },
          response: { status: 200, body: { ...DUNE, id: varies("1") } },
        },
        handler: (_shelves, { path }) =>
          path.id === "none" ? respond(404, undefined) : respond(200, { ...DUNE, id: path.id }),
      }),
      addBook: endpoint({
        method: "POST",
        path: "/books",
        summary: "Puts a book on a shelf",
        roles: ["librarian"],
        privileges: { rare: { roles: ["librarian"], may: "add rare books" } },
        input: { body: z.strictObject({ title: z.string().min(1), shelf: z.number().optional() }) },
        output: { 201: json(book, "It is there.") },
        errors: ["broken"],
        example: { request: { body: { title: "Dune" } }, response: { status: 201, body: DUNE } },
        async denied({ denied }) {
          denied.push("unread");
        },
        handler({ handled }, { body, may }) {
          handled.push(`${body.title} ${may("rare")}`);
          return respond(201, { ...DUNE, title: body.title }, { location: "/books/1" });
        },
      }),
      tidy: endpoint({
        method: "POST",
        path: "/tidy",
        summary: "Tidies up",
        roles: EVERY_CALLER,
        input: { body: z.strictObject({ deep: z.boolean().default(false) }).prefault({}) },
        output: { 200: json(z.object({ deep: z.boolean() }), "It is done.") },
        errors: [],
        example: { response: { status: 200, body: { deep: false } } },
        handler: (_shelves, { body }) => respond(200, { deep: body.deep }),
      }),
    },
  }),
  building: group({
    title: "Building",
    description: "The rest.",
    endpoints: {
      open: endpoint({
        method: "GET",
        path: "/open",
        summary: "Whether the library is open",
        roles: PUBLIC,
        output: { 200: text(["text/plain; charset=utf-8"], "It is.") },
        errors: [],
        example: { response: { status: 200, body: "open" } },
        handler: (_shelves, { caller }) => respond(200, caller === undefined ? "open" : "known"),
      }),
      page: endpoint({
        method: "GET",
        path: "/pages/{path*}",
        summary: "A scanned page",
        roles: ["reader"],
        input: { path: z.object({ path: z.string() }) },
        output: { 200: bytes("The page.") },
        errors: ["not_found"],
        example: { request: { path: { path: "1/2" } }, response: { status: 200 } },
        handler: (_shelves, { path }) => respond(200, Buffer.from(path.path)),
      }),
      catalog: endpoint({
        method: "GET",
        path: "/catalog",
        summary: "Everything",
        roles: EVERY_CALLER,
        output: { 200: stream(["text/csv"], "The file.") },
        errors: [],
        head: false,
        example: { response: { status: 200, body: varies("a\n") } },
        handler: () => respond(200, Readable.from(["a\n", "b\n"]), { "content-type": "text/csv" }),
      }),
      close: endpoint({
        method: "DELETE",
        path: "/doors/{name}",
        summary: "Closes a door",
        roles: ["librarian"],
        input: { path: z.object({ name: z.string() }) },
        output: { 204: empty("It is closed.") },
        errors: [],
        example: { request: { path: { name: "front" } }, response: { status: 204 } },
        handler: () => respond(204, undefined),
      }),
    },
  }),
};
