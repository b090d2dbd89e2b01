import type { Color, Span } from "./screen.ts";

const CELL = { width: 8.4, height: 19 };
const EDGE = { side: 16, top: 40, bottom: 14 };
const PALETTE: Readonly<Record<Color, string>> = {
  text: "#d8d9da",
  faint: "#8e9198",
  red: "#ff7383",
  green: "#73bf69",
  yellow: "#fade2a",
  blue: "#6ea6ff",
  magenta: "#ca95e5",
  cyan: "#6fd3e0",
};
const FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

/** A terminal as a picture. @param columns how wide it is, in characters */
export function terminalSvg(command: string, screen: readonly (readonly Span[])[], columns: number): string {
  const prompt: Span[] = [
    { column: 0, text: "$", color: "green", isBold: true },
    { column: 2, text: command, color: "text", isBold: true },
  ];
  const lines = [prompt, ...screen];
  const width = Math.ceil(columns * CELL.width + 2 * EDGE.side);
  const height = EDGE.top + lines.length * CELL.height + EDGE.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${FONT}" font-size="14">`,
    `<title>${escaped(command)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#16181d"/>`,
    ...["#ff7383", "#fade2a", "#73bf69"].map(
      (color, at) => `<circle cx="${20 + at * 20}" cy="18" r="6" fill="${color}"/>`,
    ),
    ...lines.flatMap((spans, row) => spans.map((span) => textOf(span, row))),
    "</svg>",
    "",
  ].join("\n");
}

/** Stretched to its cells, whatever font the reader has. */
function textOf({ column, text, color, isBold }: Span, row: number): string {
  const before = text.length - text.trimStart().length;
  const shown = text.trim();
  const x = round(EDGE.side + (column + before) * CELL.width);
  const y = EDGE.top + row * CELL.height + 13;
  const weight = isBold ? ' font-weight="bold"' : "";
  const length = round(Array.from(shown).length * CELL.width);
  return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="${PALETTE[color]}"${weight}>${escaped(shown)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
