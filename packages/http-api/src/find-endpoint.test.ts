import { expect, it } from "vitest";
import { findEndpoint } from "./find-endpoint.ts";
import { LIBRARY } from "./testing/library.ts";

const groups = Object.values(LIBRARY);

it.each([
  ["GET", "/books", "listBooks"],
  ["POST", "/books", "addBook"],
  ["GET", "/books/1", "getBook"],
  ["GET", "/pages/1/2/3", "page"],
  ["DELETE", "/doors/front", "close"],
  ["DELETE", "/doors", undefined],
  ["GET", "/books/1/2", undefined],
  ["PUT", "/books", undefined],
  ["GET", "/booksx", undefined],
])("%s %s is served by %s", (method, path, id) => {
  expect(findEndpoint(groups, method, path)?.id).toBe(id);
});
