import { expect, it } from "vitest";
import { parseAccept, qualityOf } from "./accept.ts";

it.each([
  ["application/json", 1],
  ["APPLICATION/JSON", 1],
  ["application/json;charset=utf-8", 1],
  ["application/json ; q=0.5", 0.5],
  ["application/json;Q=0.5", 0.5],
  ["application/*", 1],
  ["*/*", 1],
  ["*/*;q=0.1, application/*;q=0.2, application/json;q=0.3", 0.3],
  ["application/json;q=0, */*", 0],
  ["application/*;q=0, */*", 0],
  ["application/json;q=0", 0],
  ["application/json;q=0.000", 0],
  ["application/json;q=2", 0],
  ["application/json;q=high", 0],
  ["application/json;q=-1", 0],
  ["application/json;q=", 0],
  ['application/json;note="a,b;q=0"', 1],
  ['text/plain;note="application/json, */*"', 0],
  ['text/plain;note="\\", application/json"', 0],
  ["application/jsonp, text/application/json", 0],
  ["*/json", 0],
  ["application", 0],
  [", ,application/json,,", 1],
  ["", 0],
])("weighs application/json by Accept: %s", (accept, quality) => {
  expect(qualityOf(parseAccept(accept), "application/json")).toBe(quality);
});

it("looks at a bounded number of ranges", () => {
  const many = `${"text/html,".repeat(200_000)}application/json`;
  expect(parseAccept(many)).toHaveLength(100);
});
