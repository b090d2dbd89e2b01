import pg from "pg";
import { expect, inject, it } from "vitest";
import { arrayLiteral } from "./array-literal.ts";

it("says what PostgreSQL understands", async () => {
  const values = ["plain", "", "NULL", 'quo"te', "back\\slash", "{a,b}", " spaced ", "null", "é😀\n\t", null];
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  const text = await client.query("SELECT $1::text[] AS back", [arrayLiteral(values)]);
  const numbers = await client.query("SELECT $1::float8[] AS back", [arrayLiteral([1.5, -2, null])]);
  await client.end();
  expect((text.rows[0] as { back: unknown }).back).toEqual(values);
  expect((numbers.rows[0] as { back: unknown }).back).toEqual([1.5, -2, null]);
});
