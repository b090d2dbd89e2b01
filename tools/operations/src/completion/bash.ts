import { takesFile, type Completion } from "./completions.ts";

/** A script for bash 3.2 and newer: `source <(gateway-admin completion bash)`. */
export function bashCompletion(tools: readonly string[], completions: readonly Completion[]): string {
  const cases = completions.map(({ after, words, options, files }) => {
    const all = options.map(({ name }) => `--${name}`).join(" ");
    return `    '${after}') words='${words.map(({ word }) => word).join(" ")}' options='${all}' files=${files ? 1 : 0} ;;`;
  });
  const values = completions.flatMap(({ after, options }) =>
    options.flatMap(({ name, value }) => {
      if (value === null) {
        return [];
      }
      const found =
        value.choices.length > 0
          ? `choices='${value.choices.join(" ")}'`
          : takesFile(value.placeholder)
            ? "choices=FILES"
            : "choices=NONE";
      return [`    '${after} --${name}') ${found} ;;`];
    }),
  );
  return `# Completion of ${tools.join(", ")} for bash.
_sark_at() {
  words='' options='' files=0
  case "$1" in
${cases.join("\n")}
  esac
}

_sark_value() {
  choices=''
  case "$1" in
${values.join("\n")}
  esac
}

_sark_complete() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local at="\${COMP_WORDS[0]##*/}" words options files choices i
  _sark_at "$at"
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " $words " in *" \${COMP_WORDS[i]} "*)
      at="$at \${COMP_WORDS[i]}"
      _sark_at "$at" ;;
    esac
  done
  _sark_value "$at $prev"
  case "$choices" in
    FILES) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    NONE) COMPREPLY=(); return ;;
    ?*) COMPREPLY=($(compgen -W "$choices" -- "$cur")); return ;;
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$cur"))
      if [ "$files" = 1 ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi ;;
  esac
}

complete -o filenames -F _sark_complete ${tools.join(" ")}
`;
}
