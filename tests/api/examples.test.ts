import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TABLE } from "@sark/gateway";
import { differences } from "@sark/http-api/documents";
import { startApiScenario, type ApiScenario } from "../support/api-scenario.ts";

let scenario: ApiScenario;
beforeAll(async () => {
  scenario = await startApiScenario();
});
afterAll(() => scenario.close());

const endpoints = Object.values(TABLE).flatMap((group) => Object.entries(group.endpoints));

/** In the order of the table: what is paused by one is resumed by the next. */
describe("the examples of docs/reference/api.md [API-1]", () => {
  it.each(endpoints)("%s: the gateway responds as it is written there [DOC-2]", async (_id, endpoint) => {
    const { status, body } = endpoint.example.response;
    const response = await scenario.sendExample(endpoint, "admin");
    expect({ status: response.status, text: response.text }).toMatchObject({ status });
    const declared = endpoint.output[status];
    expect(declared).toBeDefined();
    if (body !== undefined) {
      const actual = declared?.kind === "json" ? JSON.parse(response.text) : response.text;
      expect(differences(body, actual)).toEqual([]);
    }
  });
});
