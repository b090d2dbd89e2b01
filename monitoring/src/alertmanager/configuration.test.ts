import { expect, it } from "vitest";
import { waysOf } from "./configuration.ts";

it.each([
  ["https://docs.example.com/sark", "https://docs.example.com/sark/"],
  ["https://docs.example.com/", "https://docs.example.com/"],
  ["https://forge.example.com/sark/blob/main/?plain=1#top", "https://forge.example.com/sark/blob/main/"],
  ["https://docs.example.com/{{ .Status }}", "https://docs.example.com/%7B%7B%20.Status%20%7D%7D/"],
])("takes %s as the start of the addresses of runbooks [ALR-7]", (given, start) => {
  expect(waysOf({ ALERT_RUNBOOKS_URL: given }).runbooksUrl).toBe(start);
});

it.each(["docs.example.com", "javascript:alert(1)", "{{ .Status }}"])(
  "refuses %s as an address [ALR-7]",
  (given) => {
    expect(() => waysOf({ ALERT_RUNBOOKS_URL: given })).toThrow(/ALERT_RUNBOOKS_URL/);
  },
);

it("has none of what the environment does not name, or leaves empty [ALR-7]", () => {
  expect(waysOf({ ALERT_RUNBOOKS_URL: "", ALERT_EMAIL_TO: "a@example.com" })).toEqual({});
});
