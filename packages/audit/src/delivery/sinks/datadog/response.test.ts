import { expect, it } from "vitest";
import { classifyDatadogResponse } from "./response.ts";

const classified = (status: number, text: string) =>
  classifyDatadogResponse({ status, headers: {}, text, excerpt: text }).kind;
const ERRORS = JSON.stringify({
  errors: [{ status: "400", title: "Bad Request", detail: "the entry is too old" }],
});

it("takes a 202 for what it says: with errors of the intake nothing counts as delivered [SIEM-3] [SIEM-5]", () => {
  expect(classified(202, "{}")).toBe("delivered");
  expect(classified(202, "")).toBe("delivered");
  expect(classified(202, ERRORS)).toBe("maybe_duplicate");
  expect(classified(200, "{}")).toBe("maybe_duplicate");
  expect(classified(400, ERRORS)).toBe("rejected");
});
