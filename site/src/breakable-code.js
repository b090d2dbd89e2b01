// Where a line of code within text may be broken: between words, not within one.

/** After what separates the words of paths, addresses and names; browsers know of the hyphen themselves. */
const BREAK = /(?<=[A-Za-z][/._:=,|])(?=[A-Za-z])|(?<=\w)(?=[/|])|(?<=[a-z])(?=[A-Z])/g;

/** A plugin of markdown-it: so a column of a table is as wide as its longest word. */
export function breakableCode(md) {
  const render = md.renderer.rules.code_inline;
  md.renderer.rules.code_inline = (tokens, at, options, env, self) => {
    const parts = tokens[at].content.split(BREAK);
    if (parts.length === 1) {
      return render(tokens, at, options, env, self);
    }
    return `<code${self.renderAttrs(tokens[at])}>${parts.map(md.utils.escapeHtml).join("<wbr>")}</code>`;
  };
}
