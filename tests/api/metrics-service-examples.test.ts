import { differences } from "@sark/http-api/documents";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXAMPLES, startMetricsScenario, type MetricsScenario } from "../support/metrics-service-scenario.ts";

let scenario: MetricsScenario;
beforeAll(async () => {
  scenario = await startMetricsScenario();
});
afterAll(() => scenario.close());

/** One after the other: what is made by one is read by the next. */
describe("the examples of docs/reference/metrics-service/api.md [API-1]", () => {
  it.each(EXAMPLES)("%s: the service responds as it is written there [DOC-2]", async (id, endpoint) => {
    const { status, body } = endpoint.example.response;
    const response = await scenario.sendExample(id, endpoint);
    expect({ status: response.status, text: response.text }).toMatchObject({ status });
    const declared = endpoint.output[status];
    expect(declared).toBeDefined();
    if (body !== undefined) {
      const actual = declared?.kind === "json" ? JSON.parse(response.text) : response.text;
      expect(differences(body, actual)).toEqual([]);
    }
  });
});
