import { describe, expect, it } from "vitest";
import { knownNames } from "./known-names.ts";

describe("known names", () => {
  it.each([
    "DELETE_ALL",
    "Delete_All",
    "delete_all ",
    " delete_all",
    "delete_all\u200b",
    "delete\u00ad_all",
    "delete_a\u2060ll",
    "delete-all",
    "deleteAll",
    "delete＿all",
    "ｄelete_all",
    "delete_al\u217c",
    "delete_all\ufe0f",
    "delete_all\u3164",
    "delete\u2010all",
    "delete.all",
    "délete_all",
    "d\u0435lete_all",
    "delete%5Fall",
    "delete\\u005fall",
    "whatever/else",
  ])("have %j as another spelling of one of them", async (name) => {
    const names = await knownNames(["echo", "delete_all"]);
    expect([names.has(name), names.hasAlike(name)]).toEqual([false, true]);
  });

  it("are themselves, and nothing else", async () => {
    const names = await knownNames(["echo", "delete_all", "Echo", "x".repeat(300)]);
    expect(["echo", "Echo", "delete_all"].map((name) => names.has(name))).toEqual([true, true, true]);
    expect(
      ["delete", "delete_all2", "x".repeat(300), "é".repeat(300)].map((name) => names.hasAlike(name)),
    ).toEqual([false, false, false, false]);
  });

  it("beyond ASCII are known as they are listed", async () => {
    const names = await knownNames(["résumé", "删除"]);
    expect(["résumé", "删除"].map((name) => names.has(name))).toEqual([true, true]);
    expect(["resume", "删 除", "re\u0301sume\u0301"].map((name) => names.hasAlike(name))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("of which there are none have nothing alike", async () => {
    expect((await knownNames([])).hasAlike("délete all")).toBe(false);
  });
});
