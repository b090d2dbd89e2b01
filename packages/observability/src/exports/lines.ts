export { escapeControls, type Escaped } from "../lines/escape-controls.ts";
export {
  createLineSplitter,
  type LineOverflow,
  type LineSplitter,
  type LineSplitterOptions,
} from "../lines/line-splitter.ts";
export { readLines, type Line } from "../lines/read-lines.ts";
