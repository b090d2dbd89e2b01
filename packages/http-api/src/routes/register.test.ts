import Fastify from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { EVERY_CALLER, isPermitted, PUBLIC } from "../access.ts";
import { defineEndpoints } from "../define.ts";
import { respond } from "../endpoint.ts";
import { json } from "../output.ts";
import type { Library, Shelves } from "../testing/library.ts";
import { serveLibrary } from "../testing/serve-library.ts";
import { checkTable } from "./check-table.ts";
import { refuseOtherRoutes } from "./undeclared.ts";

let shelves: Shelves;
let server: ReturnType<typeof serveLibrary>;
beforeEach(() => {
  shelves = { denied: [], left: [], handled: [] };
  server = serveLibrary(shelves);
});
afterEach(() => server.close());

async function ask(method: "GET" | "POST" | "HEAD" | "DELETE", url: string, roles?: string, body?: object) {
  const headers = roles === undefined ? {} : { roles };
  const {
    statusCode,
    headers: got,
    body: sent,
  } = await server.inject({
    method,
    url,
    headers,
    ...(body && { payload: body }),
  });
  return { status: statusCode, headers: got, text: sent };
}

describe("who may call", () => {
  it.each([
    ["GET", "/open", undefined, 200],
    ["GET", "/books", undefined, 401],
    ["GET", "/books", "guest", 403],
    ["GET", "/books", "reader", 200],
    ["GET", "/books", "guest librarian", 200],
    ["GET", "/books/1", "librarian", 403],
    ["POST", "/tidy", "guest", 200],
    ["POST", "/tidy", undefined, 401],
    ["DELETE", "/doors/front", "reader", 403],
    ["DELETE", "/doors/front", "librarian", 204],
    ["HEAD", "/books", "guest", 403],
    ["HEAD", "/books", "reader", 200],
  ] as const)("%s %s as %s: %i", async (method, url, roles, status) => {
    expect(await ask(method, url, roles)).toMatchObject({ status });
  });

  it("denies what it has no words for", () => {
    for (const access of [undefined, null, [], "everyone", {}, ""] as never[]) {
      expect(isPermitted(access, ["reader", "librarian", "undefined", ""])).toBe(false);
    }
    expect(isPermitted(PUBLIC, [])).toBe(true);
    expect(isPermitted(EVERY_CALLER, [])).toBe(true);
  });

  it("does what the endpoint wants done about a denial before it is told, with the input or without", async () => {
    expect(await ask("GET", "/books?limit=3", "guest")).toMatchObject({ status: 403 });
    expect(await ask("POST", "/books", "reader", { colour: 1 })).toMatchObject({ status: 403 });
    expect(shelves).toEqual({ denied: [{ limit: 3 }, "unread"], left: [], handled: [] });
  });

  it("denies before it says that the input is not valid, and leaves that to the service", async () => {
    expect(await ask("GET", "/books?limit=x", "guest")).toMatchObject({ status: 403 });
    expect(await ask("GET", "/books?limit=x", "reader")).toMatchObject({ status: 400 });
    expect(shelves).toEqual({ denied: [], left: ["GET /books"], handled: [] });
  });

  it.each<[string, Record<string, string>]>([
    ["is no JSON", { "content-type": "application/json" }],
    ["has a type that is not taken", { "content-type": "text/x-unknown" }],
  ])("denies also where a body %s", async (_how, headers) => {
    const sendAs = async (roles: string) =>
      (await server.inject({ method: "POST", url: "/books", headers: { roles, ...headers }, payload: "{" }))
        .statusCode;
    expect(await sendAs("reader")).toBe(403);
    expect(shelves).toEqual({ denied: [], left: ["POST /books"], handled: [] });
    expect(await sendAs("librarian")).not.toBe(403);
  });

  it("leaves a denial to the service where the endpoint says nothing of it", async () => {
    expect(await ask("GET", "/books/1", "librarian")).toMatchObject({ status: 403 });
    expect(await ask("DELETE", "/doors/front", "reader")).toMatchObject({ status: 403 });
    expect(shelves).toEqual({ denied: [], left: ["GET /books/{id}", "DELETE /doors/{name}"], handled: [] });
  });

  it("names the roles that are missing", async () => {
    expect((await ask("GET", "/books", "guest")).text).toContain(
      "This needs one of the roles reader, librarian.",
    );
  });
});

describe("input and output", () => {
  it("hands over what the schemas make of a request", async () => {
    const added = await ask("POST", "/books", "librarian", { title: "Emma" });
    expect(added).toMatchObject({ status: 201, headers: { location: "/books/1" } });
    expect(JSON.parse(added.text)).toEqual({ id: "1", title: "Emma", tags: [] });
    expect(shelves.handled).toEqual(["Emma true"]);
    expect((await ask("GET", "/books?limit=0", "reader")).text).toBe("[]");
    expect((await ask("GET", "/books", "reader")).headers).toMatchObject({ "cache-control": "no-store" });
    expect((await ask("GET", "/pages/1/b%2F2", "reader")).text).toBe("1/b/2");
    expect(await ask("GET", "/books/none", "reader")).toMatchObject({ status: 404, text: "" });
  });

  it.each([
    ["/books?limit=100", "limit", "must be a number"],
    ["/books?limit=1&limit=2", "limit", ""],
    ["/books?colour=red", "colour", ""],
  ])("refuses %s by its field", async (url, field, message) => {
    const refused = await ask("GET", url, "reader");
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text)).toMatchObject({
      error: "invalid_input",
      field,
      message: expect.stringContaining(message) as string,
    });
  });

  it("takes a body that may be left out, and refuses another", async () => {
    expect((await ask("POST", "/tidy", "guest")).text).toBe('{"deep":false}');
    expect((await ask("POST", "/tidy", "guest", { deep: true })).text).toBe('{"deep":true}');
    expect(await ask("POST", "/tidy", "guest", { deep: 1 })).toMatchObject({ status: 400 });
    expect(await ask("POST", "/books", "librarian")).toMatchObject({ status: 400 });
    const uncomparable = { title: { length: { toString: 1, valueOf: 1 } } };
    expect(await ask("POST", "/books", "librarian", uncomparable)).toMatchObject({ status: 400 });
  });

  it("streams, and has no HEAD where that would be for nothing", async () => {
    expect(await ask("GET", "/catalog", "guest")).toMatchObject({
      status: 200,
      text: "a\nb\n",
      headers: { "content-type": "text/csv" },
    });
    expect(await ask("HEAD", "/catalog", "guest")).toMatchObject({ status: 404 });
  });
});

describe("a table that could not be served as it says", () => {
  const { endpoint, group } = defineEndpoints<Library, Shelves>();
  const good = {
    method: "GET",
    path: "/x",
    summary: "x",
    roles: PUBLIC,
    output: { 200: json(z.string(), "x") },
    errors: [],
    example: { response: { status: 200 } },
    handler: () => respond(200, "x"),
  } as const;
  const check = (...definitions: object[]) => {
    const endpoints = definitions.map((one, at): [string, ReturnType<typeof endpoint>] => [
      `x${at}`,
      { ...good, ...one },
    ]);
    checkTable([group({ title: "x", description: "x", endpoints: Object.fromEntries(endpoints) })]);
  };

  it.each([
    ["no roles", { roles: undefined }],
    ["an empty list of roles", { roles: [] }],
    ["roles in another word", { roles: "everyone" }],
    ["a parameter that no schema has", { path: "/x/{id}" }],
    ["a parameter that no path has", { input: { path: z.object({ id: z.string() }) } }],
    ["a body of GET", { roles: EVERY_CALLER, input: { body: z.string() } }],
    ["a body that comes before its caller", { method: "POST", input: { body: z.string() } }],
    ["no response", { output: {} }],
  ])("is refused: %s", (_what, definition) => {
    expect(() => check({})).not.toThrow();
    expect(() => check(definition)).toThrow(/endpoint x0/);
  });

  it("is refused where two endpoints are at one place", () => {
    expect(() => check({}, { path: "/y" })).not.toThrow();
    expect(() => check({}, {})).toThrow("endpoint x1: GET /x is declared twice");
  });

  it("does not compile without roles, nor with a response that it does not declare", () => {
    const { roles: _, ...open } = good;
    // @ts-expect-error roles are missing
    endpoint(open);
    // @ts-expect-error an empty list of roles
    endpoint({ ...open, roles: [] });
    // @ts-expect-error a role that the service does not have
    endpoint({ ...open, roles: ["king"] });
    // @ts-expect-error an error that is not in the closed list
    endpoint({ ...good, errors: ["unheard_of"] });
    // @ts-expect-error a status that is not declared
    endpoint({ ...good, handler: () => respond(201, "x") });
    // @ts-expect-error a body of another type
    endpoint({ ...good, handler: () => respond(200, 1) });
    expect(endpoint(good)).toBe(good);
  });
});

it("routes beside the table are refused unless they say who may call", async () => {
  const other = Fastify();
  refuseOtherRoutes(other);
  expect(() => other.get("/backdoor", () => "open")).toThrow(/GET,?\w* \/backdoor|GET \/backdoor/);
  other.get("/proxied", { config: { access: "policy" } }, () => "ok");
  expect((await other.inject("/proxied")).statusCode).toBe(200);
});
