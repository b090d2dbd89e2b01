import { describe, expect, it } from "vitest";
import { bindExample, differences, shownExample, varies, variesFreely } from "./example.ts";

const example = { id: varies("1", "book"), tags: ["a", varies("b")], count: varies(3), title: "Dune" };

describe("an example", () => {
  it("is shown, sent with real values, and compared by the form of what varies", () => {
    expect(shownExample(example)).toEqual({ id: "1", tags: ["a", "b"], count: 3, title: "Dune" });
    expect(bindExample(example, { book: "42" })).toMatchObject({ id: "42", tags: ["a", "b"] });
    expect(differences(example, { id: "x", tags: ["a", "z"], count: 0, title: "Dune" })).toEqual([]);
  });

  it.each([
    [{ id: 1, tags: ["a", "b"], count: 3, title: "Dune" }, "body.id is a number, not a string"],
    [{ id: "1", tags: ["b", "b"], count: 3, title: "Dune" }, 'body.tags[0] is "b", not "a"'],
    [{ id: "1", tags: ["a"], count: 3, title: "Dune" }, "body.tags has 1 items, not 2"],
    [{ id: "1", tags: ["a", "b"], title: "Dune" }, "body.count is missing"],
    [{ ...shownExample(example), more: 1 }, "body.more is not in the example"],
    [{ ...shownExample(example), title: "Emma" }, 'body.title is "Emma", not "Dune"'],
    [null, "body is null, not {"],
  ])("finds what is another one: %#", (actual, difference) => {
    expect(differences(example, actual).join()).toContain(difference);
  });

  it("compares lists that vary by the form of their first item", () => {
    const list = { books: varies([{ id: "1", tags: [] }]) };
    expect(differences(list, { books: [] })).toEqual([]);
    expect(
      differences(list, {
        books: [
          { id: "7", tags: [] },
          { id: "8", tags: [] },
        ],
      }),
    ).toEqual([]);
    expect(differences(list, { books: [{ id: "7" }] })).toEqual(["body.books[0].tags is missing"]);
  });

  it("takes a value that is there by then in the place of a null that varies, and no object or list", () => {
    const late = { sent_at: varies(null) };
    expect(differences(late, { sent_at: null })).toEqual([]);
    expect(differences(late, { sent_at: "2026-01-01" })).toEqual([]);
    expect(differences(late, { sent_at: {} })).toEqual(["body.sent_at is a object, not a value or null"]);
    expect(differences({ sent_at: null }, { sent_at: "2026-01-01" })).toHaveLength(1);
  });

  it("takes any members where a value varies freely, and no other kind", () => {
    const free = { event: variesFreely({ id: "1" }) };
    expect(differences(free, { event: { other: 2 } })).toEqual([]);
    expect(differences(free, { event: "1" })).toEqual(["body.event is a string, not a object"]);
    expect(differences(varies([free]), [{ event: {} }, { event: { id: 1 } }])).toEqual([]);
  });
});
