// Languages of our pages that Shiki has no grammar for: enough of them to tell words, strings and comments apart.
const language = (name, comment, keywords) => ({
  name,
  scopeName: `source.${name}`,
  patterns: [
    { match: `${comment}.*$`, name: "comment.line" },
    { match: '"(?:[^"\\\\]|\\\\.)*"', name: "string.quoted.double" },
    { match: `\\b(?:${keywords.join("|")})\\b`, name: "keyword.control" },
    { match: "\\b\\d[\\w.]*", name: "constant.numeric" },
    { match: "\\b\\w+(?=\\()", name: "entity.name.function" },
  ],
});

export const GRAMMARS = [
  language("promql", "#", ["by", "without", "on", "ignoring", "group_left", "and", "or", "unless", "offset"]),
  language("cedar", "//", [
    "permit",
    "forbid",
    "when",
    "unless",
    "in",
    "is",
    "has",
    "like",
    "if",
    "then",
    "else",
  ]),
];
