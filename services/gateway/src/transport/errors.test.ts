import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERROR_OBJECT } from "@sark/http-service";
import { HTTP_ERRORS, HttpError } from "./errors.ts";

it("lists in docs/reference/errors.md the codes, statuses and meanings that the code has", () => {
  const page = readFileSync(new URL("../../../../docs/reference/errors.md", import.meta.url), "utf8");
  const table = page.slice(page.indexOf("| error code | HTTP |"));
  const listed = [...table.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.+) \|$/gm)].map(
    ([, code = "", status, meaning]) => [code, { status: Number(status), meaning }] as const,
  );
  expect(listed).toEqual(Object.entries(HTTP_ERRORS));
});

it("names the field at fault and the request, and nothing of the cause", () => {
  const error = new HttpError("invalid_request", "decision: bad", {
    field: "decision",
    cause: new Error("secret detail"),
  });
  expect(ERROR_OBJECT.body(error, "c-1")).toEqual({
    error: { code: "invalid_request", message: "decision: bad", field: "decision", correlation_id: "c-1" },
  });
});
