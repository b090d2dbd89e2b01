import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const folder = new URL("../docs/decisions/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

it("the index of decisions lists every page by its title, numbered without gaps", () => {
  const pages = readdirSync(folder)
    .filter((file) => /^\d{4}-/.test(file))
    .sort();
  const expected = pages.map((file, at) => {
    const number = String(at + 1).padStart(4, "0");
    const [heading = ""] = read(file).split("\n");
    expect([file, heading]).toEqual([
      expect.stringMatching(`^${number}-`),
      expect.stringMatching(`^# ${number} \\S`),
    ]);
    return `- [${number}](${file}) ${heading.slice(`# ${number} `.length)}`;
  });
  const listed = read("README.md")
    .split("\n")
    .filter((line) => line.startsWith("- "));
  expect(listed).toEqual(expected);
});
