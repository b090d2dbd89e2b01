import { takesFile, type Completion } from "./completions.ts";

/** A script for zsh: `source <(gateway-admin completion zsh)`, or a file `_gateway-admin` in `$fpath`. */
export function zshCompletion(tools: readonly string[], completions: readonly Completion[]): string {
  const cases = completions.map(({ after, words, options, files }) => {
    const described = words.map(({ word, brief }) => quoted(`${word}:${brief}`)).join(" ");
    const all = options.map(({ name, brief }) => quoted(`--${name}:${brief}`)).join(" ");
    return `    '${after}') words_=(${described}) options_=(${all}) files_=${files ? 1 : 0} ;;`;
  });
  const values = completions.flatMap(({ after, options }) =>
    options.flatMap(({ name, value }) => {
      if (value === null) {
        return [];
      }
      const found =
        value.choices.length > 0
          ? `compadd -- ${value.choices.join(" ")}`
          : takesFile(value.placeholder)
            ? "_files"
            : ":";
      return [`    '${after} --${name}') ${found}; return 0 ;;`];
    }),
  );
  return `#compdef ${tools.join(" ")}
# Completion of ${tools.join(", ")} for zsh.
_sark_at() {
  words_=() options_=() files_=0
  case "$1" in
${cases.join("\n")}
  esac
}

_sark_value() {
  case "$1" in
${values.join("\n")}
  esac
  return 1
}

_sark_complete() {
  local at="\${words[1]:t}" i entry
  local -a words_ options_
  local files_
  _sark_at "$at"
  for ((i = 2; i < CURRENT; i++)); do
    for entry in "\${words_[@]}"; do
      if [[ "\${entry%%:*}" == "\${words[i]}" ]]; then
        at="$at \${words[i]}"
        _sark_at "$at"
        break
      fi
    done
  done
  _sark_value "$at \${words[CURRENT-1]}" && return
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o option options_
  else
    (( \${#words_} )) && _describe command words_
    (( files_ )) && _files
  fi
  return 0
}

if [ "$funcstack[1]" = "_gateway-admin" ]; then
  _sark_complete "$@"
elif (( $+functions[compdef] )); then
  compdef _sark_complete ${tools.join(" ")}
fi
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
