import { expect, it } from "vitest";
import { screenOf } from "./screen.ts";
import { terminalSvg } from "./terminal-svg.ts";

it("a picture of a terminal shows what is left of progress, in its colors [DOC-1]", () => {
  const screen = screenOf(
    "⠙\u001b[1G\u001b[0K1 of 9\r\u001b[2K\u001b[2mSTATE\u001b[0m  \u001b[31mdown\u001b[39m\r\n\r\n",
    80,
  );
  expect(screen).toEqual([
    [
      { column: 0, text: "STATE", color: "faint", isBold: false },
      { column: 7, text: "down", color: "red", isBold: false },
    ],
  ]);
});

it("what a command prints is text in its picture, never markup [DOC-1]", () => {
  const svg = terminalSvg("ask <b>", screenOf("<script>&\n", 20), 20);
  expect(svg).toContain("ask &lt;b&gt;</title>");
  expect(svg).toContain(">&lt;script&gt;&amp;</text>");
  expect(svg).not.toContain("<script");
});

it("what is wider than a terminal goes on in its next line, in a picture of it, too [DOC-1]", () => {
  const texts = (output: string) =>
    screenOf(output, 4).map((spans) => spans.map(({ text }) => text).join(""));
  expect(texts("abcdef\r\ngh\n")).toEqual(["abcd", "ef", "gh"]);
  expect(texts("abcd\r\nef\n")).toEqual(["abcd", "ef"]);
});
