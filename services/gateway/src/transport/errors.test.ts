import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { errorBody, HTTP_ERROR_CODES, HttpError } from "./errors.ts";

it("lists in docs/reference/errors.md the codes that the code has", () => {
  const page = readFileSync(new URL("../../../../docs/reference/errors.md", import.meta.url), "utf8");
  const table = page.slice(page.indexOf("| error code | HTTP |"));
  const listed = [...table.matchAll(/^\| `(\w+)` \| \d{3} \| [A-Z]/gm)].map(([, code]) => code);
  expect(listed).toEqual([...HTTP_ERROR_CODES]);
});

it("names the field at fault and the request, and nothing of the cause", () => {
  const error = new HttpError(400, "invalid_request", "decision: bad", {
    field: "decision",
    cause: new Error("secret detail"),
  });
  expect(errorBody(error, "c-1")).toEqual({
    error: { code: "invalid_request", message: "decision: bad", field: "decision", correlation_id: "c-1" },
  });
});
