import { takesFile, type Completion } from "./completions.ts";

/** A script for fish: `gateway-admin completion fish | source`. */
export function fishCompletion(tools: readonly string[], completions: readonly Completion[]): string {
  const groups = completions.filter(({ words }) => words.length > 0);
  const cases = groups.map(
    ({ after, words }) =>
      `            case ${quoted(after)}\n                set next ${words.map(({ word }) => word).join(" ")}`,
  );
  const lines = completions.flatMap(({ after, words, options, files }) => {
    const [tool = ""] = after.split(" ");
    const where = `-c ${tool} -n ${quoted(`__sark_at ${after}`)}`;
    return [
      ...words.map(({ word, brief }) => `complete ${where} -f -a ${word} -d ${quoted(brief)}`),
      ...(files ? [`complete ${where} -F`] : []),
      ...options.map(({ name, brief, value, letter }) => {
        const takes =
          value === null
            ? ""
            : value.choices.length > 0
              ? ` -x -a ${quoted(value.choices.join(" "))}`
              : takesFile(value.placeholder)
                ? " -r -F"
                : " -x";
        return `complete ${where} -l ${name}${letter === null ? "" : ` -s ${letter}`}${takes} -d ${quoted(brief)}`;
      }),
    ];
  });
  return `# Completion of ${tools.join(", ")} for fish.
function __sark_at
    set -l typed (commandline -opc)
    set -l at (string replace -r '.*/' '' -- $typed[1])
    set -l next
    for word in $typed[2..-1] ''
        set next
        switch "$at"
${cases.join("\n")}
        end
        if contains -- $word $next
            set at "$at $word"
        end
    end
    test "$at" = "$argv"
end

${tools.map((tool) => `complete -c ${tool} -f`).join("\n")}
${lines.join("\n")}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
