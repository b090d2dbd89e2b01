import { expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { configuredDatabase } from "@sark/service-start";

const read = (url: string, environment: Record<string, string>) =>
  configuredDatabase(loadConfig({ environment: { DATABASE_URL: url } }).database.url, environment);

it.each([
  ["postgresql://sark:${PASSWORD}@db/sark", "postgresql://sark:a%2Fb%40c%25@db/sark"],
  ["${URL}", "postgresql://u:p@h/d?sslmode=require"],
  ["postgresql://u:p%25@h/d", "postgresql://u:p%25@h/d"],
  ["postgresql://u:$${x@h/d", "postgresql://u:${x@h/d"],
])("the database of %j is %j", (url, expected) => {
  const environment = { PASSWORD: "a/b@c%", URL: "postgresql://u:p@h/d?sslmode=require" };
  expect(read(url, environment)).toBe(expected);
});

it("names a secret that is missing, and the setting", () => {
  expect(() => read("postgresql://u:${MISSING}@h/d", {})).toThrow(
    "database.url: the environment variable MISSING is not set",
  );
});
