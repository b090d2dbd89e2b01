import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TABLE } from "@sark/gateway";
import type { Endpoint, Service } from "@sark/http-api";
import { startApiScenario, type ApiScenario } from "../support/api-scenario.ts";

/** They record the acts of callers, not of those who look after the gateway. */
const { decisions: _callers, ...GROUPS } = TABLE;
const changes = Object.values(GROUPS)
  .flatMap((group) => Object.entries<Endpoint<Service, never>>(group.endpoints))
  .filter(([, { method }]) => method !== "GET");

const REASON = "why this was done";

let scenario: ApiScenario;
beforeAll(async () => {
  scenario = await startApiScenario();
});
afterAll(() => scenario.close());

it("looks at what changes anything [GTW-11]", () => {
  expect(changes.length).toBeGreaterThan(15);
});

/** One mechanism for all: an endpoint that is added without it fails here. */
describe("whatever is changed or tried is one event with who and why [GTW-11]", () => {
  it.each(changes)("%s", async (_id, endpoint) => {
    const instead =
      endpoint.input?.body === undefined
        ? { query: { ...endpoint.example.request?.query, reason: REASON } }
        : { body: { reason: REASON } };
    const { status, text, headers } = await scenario.sendExample(endpoint, "admin", instead);
    expect({ status, text }).toMatchObject({ status: endpoint.example.response.status });
    const recorded = await scenario.recorded(String(headers["x-correlation-id"]));
    expect(recorded).toMatchObject([
      { user_id: "root", decision: "allow", credential: expect.stringContaining("jwt:") },
    ]);
    const { metadata, reason } = recorded[0]!;
    expect(`${JSON.stringify(metadata)} ${reason}`).toContain(REASON);
  });

  it.each(changes)("%s: also when it is denied", async (_id, endpoint) => {
    const { status, headers } = await scenario.sendExample(endpoint, "no role");
    expect(status).toBe(403);
    const recorded = await scenario.recorded(String(headers["x-correlation-id"]));
    expect(recorded).toMatchObject([{ user_id: "mallory", decision: "deny", outcome: "denied" }]);
  });
});
