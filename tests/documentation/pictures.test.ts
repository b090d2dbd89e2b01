import { globSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join, posix } from "node:path";
import { expect, it } from "vitest";
import { DASHBOARD_PICTURES, TERMINAL_PICTURES } from "../pictures/list.ts";
import { withoutCode } from "./blocks.ts";
import { PAGES, readPage } from "./pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAX_BYTES = 150 * 1_024;
const MAX_BYTES_OF_ALL = 1_536 * 1_024;
/** Fewer characters say no more than the heading does. */
const MIN_ALTERNATIVE = 40;

const shown = PAGES.flatMap((page) =>
  [...withoutCode(readPage(page)).matchAll(/!\[([^\]]*)\]\(([^()\s]+)\)/g)].map(
    ([, alternative = "", target = ""]) => ({
      page,
      alternative,
      file: posix.join(posix.dirname(page), target),
    }),
  ),
);
const files = globSync("docs/pictures/*", { cwd: ROOT }).toSorted();

it("each picture of the documentation is made by a command, and shown on a page; none lies there unused [DOC-1]", () => {
  const made = [
    ...DASHBOARD_PICTURES.map(({ name }) => `docs/pictures/${name}.webp`),
    ...TERMINAL_PICTURES.map(({ name }) => `docs/pictures/${name}.svg`),
  ].toSorted();
  expect(files).toEqual(made);
  expect([...new Set(shown.map(({ file }) => file))].toSorted()).toEqual(made);
});

it("each says in words what it shows [DOC-1]", () => {
  expect(shown.filter(({ alternative }) => alternative.length < MIN_ALTERNATIVE)).toEqual([]);
});

it("each is small, and all together [DOC-1]", () => {
  const sizes = files.map((file) => ({ file, bytes: statSync(join(ROOT, file)).size }));
  expect(sizes.filter(({ bytes }) => bytes === 0 || bytes > MAX_BYTES)).toEqual([]);
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MAX_BYTES_OF_ALL);
});

it("those of terminals have no key, no password, no folder and no name of the machine they were made on [DOC-1]", () => {
  for (const file of files.filter((name) => name.endsWith(".svg"))) {
    const svg = readFileSync(join(ROOT, file), "utf8");
    expect(svg).not.toMatch(/sark_[A-Za-z0-9]{8}|postgres:\/\/|\/tmp\/|\/home\/|\/root\/|<script|href=/);
    expect(svg).not.toContain(`>${hostname()}:`);
  }
});
