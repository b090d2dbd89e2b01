import { describe, expect, it } from "vitest";
import { CONTENTS, sectionsOf } from "./navigation.ts";
import { PAGES, readPage } from "./pages.ts";

describe("the contents, from which the site has its navigation [DOC-1]", () => {
  const entries = sectionsOf(readPage(CONTENTS)).flatMap((section) => section.entries);

  it("list every page once; decisions have an index of their own", () => {
    const wanted = PAGES.filter((page) => page !== CONTENTS && !/^docs\/decisions\/\d/.test(page));
    expect(entries.map(({ page }) => page).toSorted()).toEqual(wanted);
  });

  it("are read by section, with the first link of each item", () => {
    const contents =
      "# A\n\n- [no](no.md)\n\n## One\n\n- [x](x.md): as [y](y.md)\n\n## Two\n- [z](../Z.md)\n";
    expect(sectionsOf(contents)).toEqual([
      { title: "One", entries: [{ title: "x", page: "docs/x.md" }] },
      { title: "Two", entries: [{ title: "z", page: "Z.md" }] },
    ]);
  });
});
