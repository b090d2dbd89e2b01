/** A plugin of markdown-it: a table in a box that is scrolled, so that its columns keep their widths on a narrow screen. */
export function scrollableTables(md) {
  const { rules } = md.renderer;
  rules.table_open = (tokens, at, options, _env, self) =>
    `<div class="table">${self.renderToken(tokens, at, options)}`;
  rules.table_close = (tokens, at, options, _env, self) => `${self.renderToken(tokens, at, options)}</div>`;
}
