import { createDistribution, type Distribution } from "./distribution.ts";
import { NONE, OTHER, type LabelDefinition } from "./labels.ts";

export type RawLabels = Readonly<Record<string, string | null | undefined>>;

/** One series: its final label values, and the total of a counter, the level of a gauge, or the values of a histogram. */
export interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
  /** Of a histogram alone. */
  readonly distribution: Distribution | null;
}

/** The series of one metric, found by label values, made at first sight, kept within the bounds. */
export interface SeriesIndex {
  resolve(labels: RawLabels): Cell;
  readonly cells: readonly Cell[];
  clear(): void;
}

/** What each series of a histogram counts by. */
export interface HistogramBuckets {
  readonly bounds: readonly number[];
  /** Whether it has the buckets of a native histogram, too. */
  readonly isNative: boolean;
}

/** Label values longer than this are folded: they could only be a payload. */
export const MAX_VALUE_LENGTH = 256;

/** The client library joins the values of a series with this, so that `a|`,`b` and `a`,`|b` would be one series. */
export const JOINT = "|";
export const LOOKALIKE = "¦";

/**
 * `onFold` is called once per label that went into `other`, at every recording.
 * Beyond `maxSeries` all labels without a list become `other` in a new combination.
 */
export function createSeriesIndex(
  definitions: Readonly<Record<string, LabelDefinition>>,
  maxSeries: number,
  onFold: (label: string) => void,
  isIntroduced: (group: string, value: string) => boolean = () => false,
  /** Of a histogram. */
  buckets: HistogramBuckets | null = null,
): SeriesIndex {
  const names = Object.keys(definitions);
  const admissions = Object.values(definitions).map((definition) => admission(definition, isIntroduced));
  const tree = createTree(names, buckets);

  function admit(labels: RawLabels): Cell {
    const values = names.map((name, i) => {
      const raw = text(labels[name]).replaceAll(JOINT, LOOKALIKE);
      const admitted = admissions[i]?.(raw) ?? OTHER;
      if (admitted !== raw) {
        onFold(name);
      }
      return admitted;
    });
    const known = tree.find(values);
    if (known !== undefined || tree.cells.length < maxSeries) {
      return known ?? tree.insert(values);
    }
    const capped = values.map((value, i) => {
      const name = names[i] ?? "";
      if (definitions[name]?.kind === "oneOf" || value === OTHER) {
        return value;
      }
      onFold(name);
      return OTHER;
    });
    return tree.find(capped) ?? tree.insert(capped);
  }

  return {
    resolve: (labels) => tree.lookup(labels) ?? admit(labels),
    get cells() {
      return tree.cells;
    },
    clear: () => tree.clear(),
  };
}

/** Final values only, so the tree is as bounded as the labels are. */
function createTree(names: readonly string[], buckets: HistogramBuckets | null) {
  type Branch = Map<string, Branch | Cell>;
  let root: Branch = new Map();
  let cells: Cell[] = [];
  /** A metric without labels has one cell, under the empty value. */
  const depth = Math.max(names.length, 1);

  function insert(values: readonly string[]): Cell {
    const cell: Cell = {
      labels: Object.freeze(zip(names, values)),
      value: 0,
      distribution: buckets === null ? null : createDistribution(buckets.bounds, buckets.isNative),
    };
    cells.push(cell);
    let branch = root;
    for (let i = 0; i < depth - 1; i++) {
      const value = values[i] ?? "";
      let next = branch.get(value) as Branch | undefined;
      if (next === undefined) {
        branch.set(value, (next = new Map()));
      }
      branch = next;
    }
    branch.set(values[depth - 1] ?? "", cell);
    return cell;
  }

  /** Walks by the caller's labels as they are: no array and no joined key on the way. */
  function lookup(labels: RawLabels): Cell | undefined {
    let node: Branch | Cell | undefined = root;
    for (let i = 0; i < depth; i++) {
      const name = names[i];
      node = (node as Branch).get(name === undefined ? "" : text(labels[name]));
      if (node === undefined) {
        return undefined;
      }
    }
    return node as Cell;
  }

  return {
    insert,
    lookup,
    find: (values: readonly string[]) => lookup(zip(names, values)),
    get cells(): readonly Cell[] {
      return cells;
    },
    clear: () => {
      root = new Map();
      cells = [];
    },
  };
}

function admission(
  definition: LabelDefinition,
  isIntroduced: (group: string, value: string) => boolean,
): (value: string) => string {
  if (definition.kind === "oneOf") {
    const listed = new Set(definition.values);
    return (value) => (listed.has(value) || value === NONE ? value : OTHER);
  }
  if (definition.kind === "introduced") {
    const { group } = definition;
    return (value) => (value === NONE || isIntroduced(group, value) ? value : OTHER);
  }
  const seen = new Set<string>();
  const reserved = new Set<string>(definition.reserved);
  return (value) => {
    if (seen.has(value) || reserved.has(value) || value === NONE || value === OTHER) {
      return value;
    }
    if (seen.size >= definition.max || value.length > MAX_VALUE_LENGTH) {
      return OTHER;
    }
    seen.add(value);
    return value;
  };
}

function text(value: unknown): string {
  if (typeof value === "string") {
    return value === "" ? NONE : value;
  }
  // Types ask for strings; untyped callers bring numbers, which must not become a second series of the same name.
  return typeof value === "number" || typeof value === "boolean" ? String(value) : NONE;
}

function zip(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? NONE]));
}
