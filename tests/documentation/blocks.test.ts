import { expect, it } from "vitest";
import { blocksOf, withoutCode } from "./blocks.ts";

it("fenced blocks are found with their language and line, and without the indentation of a list", () => {
  const page = "# T\n\n```sh\none\n```\n\n- item\n\n  ```\n  two\n    deeper\n  ```\n";
  expect(blocksOf(page)).toEqual([
    { language: "sh", text: "one\n", line: 3 },
    { language: "", text: "two\n  deeper\n", line: 9 },
  ]);
  expect(withoutCode(page)).not.toMatch(/one|two/);
});
