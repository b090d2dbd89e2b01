import { EndpointError, parseInput } from "@sark/http-api";
import { describe, expect, it } from "vitest";
import {
  erasureBody,
  erasureSelection,
  eventsQuery,
  eventsSelection,
  exportQuery,
  exportSelection,
  orphansQuery,
  orphansSelection,
  consistencyQuery,
  type ErasureBody,
  type EventsQuery,
  type ExportQuery,
  type OrphansQuery,
} from "./parameters.ts";

const parseEventsQuery = (query: unknown) =>
  eventsSelection(parseInput(eventsQuery, query, "query") as EventsQuery);
const parseExportQuery = (query: unknown) =>
  exportSelection(parseInput(exportQuery, query, "query") as ExportQuery);
const parseOrphansQuery = (query: unknown) =>
  orphansSelection(parseInput(orphansQuery, query, "query") as OrphansQuery);
const parseErasure = (body: unknown) =>
  erasureSelection(parseInput(erasureBody, body, "body") as ErasureBody);

function fieldOf(parse: () => unknown): string | undefined {
  try {
    parse();
  } catch (error) {
    if (error instanceof EndpointError && error.code === "invalid_input") {
      return error.field;
    }
    throw error;
  }
  return undefined;
}

describe("parameters of the audit API", () => {
  it("become filter and page of the store, by its names [AUD-6]", () => {
    const query = {
      user_id: "alice",
      server: "tools",
      tool: "echo",
      request_id: "r-1",
      tenant: "acme",
      client_address: "203.0.113.7",
      credential: "api_key:k-1",
      submitted_by: "agent:edge",
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-02T00:00:00+02:00",
      cursor: "abc",
      limit: "7",
      order: "oldest_first",
    };
    expect(parseEventsQuery(query)).toEqual({
      filter: {
        user_id: "alice",
        server_name: "tools",
        tool_name: "echo",
        gateway_request_id: "r-1",
        tenant_id: "acme",
        client_address: "203.0.113.7",
        credential: "api_key:k-1",
        submitted_by: "agent:edge",
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-02T00:00:00+02:00",
      },
      page: { cursor: "abc", limit: 7, order: "oldest_first" },
    });
    expect(parseEventsQuery({})).toEqual({ filter: {}, page: {} });
    expect(parseExportQuery({ format: "csv", decision: "deny" })).toEqual({
      filter: { decision: "deny" },
      format: "csv",
      seqs: {},
    });
    expect(parseExportQuery({ format: "verifiable", from_seq: "0", to_seq: "12" })).toEqual({
      filter: {},
      format: "verifiable",
      seqs: { fromSeq: 0, toSeq: 12 },
    });
    expect(parseExportQuery({}).format).toBe("jsonl");
    expect(parseOrphansQuery({ limit: "1" })).toEqual({ limit: 1 });
  });

  it.each([
    [{ limit: "1e3" }, "limit"],
    [{ limit: "" }, "limit"],
    [{ limit: ["1", "2"] }, "limit"],
    [{ user_id: "" }, "user_id"],
    [{ user_id: "a\u0000" }, "user_id"],
    [{ user_id: "x".repeat(513) }, "user_id"],
    [{ from: "2026-01-01" }, "from"],
    [{ order: "random" }, "order"],
    [{ __proto: "x" }, "__proto"],
  ])("%j is refused by its field [AUD-6]", (query, field) => {
    expect(fieldOf(() => parseEventsQuery(query))).toBe(field);
  });

  it.each([
    [exportQuery, { from_seq: "1" }, "from_seq"],
    [exportQuery, { format: "csv", to_seq: "1" }, "to_seq"],
    [exportQuery, { format: "verifiable", from_seq: "2", to_seq: "1" }, "to_seq"],
    [exportQuery, { format: "verifiable", from_seq: "01" }, "from_seq"],
    [consistencyQuery, {}, "from"],
    [consistencyQuery, { from: "0" }, "from"],
    [consistencyQuery, { from: "3", to: "2" }, "to"],
    [erasureBody, { tenant: "acme", all_tenants: true, reason: "x" }, "all_tenants"],
  ])("members that do not go together are refused by the one at fault: %#", (schema, input, field) => {
    expect(fieldOf(() => parseInput(schema, input, "query"))).toBe(field);
  });

  it("an erasure says whose, where and why", () => {
    expect(parseErasure({ user_id: "bob", before: "2026-01-01T00:00:00Z", reason: " asked for " })).toEqual({
      selector: { user_id: "bob", before: new Date("2026-01-01T00:00:00Z") },
      reason: "asked for",
      tenants: undefined,
      allTenants: false,
    });
    expect(fieldOf(() => parseErasure({ user_id: "bob", reason: " " }))).toBe("reason");
    expect(fieldOf(() => parseErasure("all"))).toBe("body");
  });
});
