import type { SyntaxNode } from "@lezer/common";
import { NONE, OTHER, type LabelDefinition } from "@sark/observability/metrics";
import { labelsOf, type FamilyOf, type Labels } from "./labels-of.ts";
import { childrenOf, isBroken, nodesOf, parseQuery, textOf, type Query } from "./tree.ts";

/** Functions of counters, which mean nothing of a gauge. */
const OF_COUNTERS = new Set(["Rate", "Increase", "Irate"]);
/** Of one scrape interval of 15 s at least two and some room. */
const SHORTEST_WINDOW = 60;

export interface CheckedQuery {
  readonly problems: readonly string[];
  /** Labels of the series that it returns. */
  readonly labels: Labels;
}

/** What a query names that no catalog has, and what it does with it that can return nothing. */
export function checkQuery(text: string, familyOf: FamilyOf): CheckedQuery {
  const query = parseQuery(text);
  if (isBroken(query)) {
    return { problems: [`is no PromQL: ${text}`], labels: null };
  }
  const problems: string[] = [];
  const labels = labelsOf(query, familyOf, (problem) => problems.push(problem));
  for (const selector of nodesOf(query.root, "VectorSelector")) {
    problems.push(...selectorProblems(query, selector, familyOf));
  }
  return { problems, labels };
}

function selectorProblems(query: Query, selector: SyntaxNode, familyOf: FamilyOf): string[] {
  const identifier = selector.getChild("Identifier");
  const name = identifier === null ? "" : textOf(query, identifier);
  const family = familyOf(name);
  if (family === undefined) {
    return [`no catalog has ${name === "" ? "a selector without a name" : name}`];
  }
  const matchers = ["UnquotedLabelMatcher", "QuotedLabelMatcher"].flatMap((kind) => nodesOf(selector, kind));
  return [
    ...matchers.flatMap((matcher) => matcherProblems(query, matcher, name, family.labels)),
    ...windowProblems(query, selector, name, family.cumulative),
  ];
}

function matcherProblems(
  query: Query,
  matcher: SyntaxNode,
  name: string,
  labels: Readonly<Record<string, LabelDefinition>>,
): string[] {
  const [labelNode, operator, literal] = childrenOf(matcher);
  const label = labelNode === undefined ? "" : textOf(query, labelNode);
  const definition = Object.hasOwn(labels, label) ? labels[label] : undefined;
  if (definition === undefined) {
    return [`${name} has no label ${label}`];
  }
  const value = literal === undefined ? "" : (JSON.parse(textOf(query, literal)) as string);
  const known = knownValues(definition);
  if (known === undefined || value.startsWith("$")) {
    return [];
  }
  const regex = operator !== undefined && textOf(query, operator).includes("~");
  const wanted = regex ? alternativesOf(value) : [value];
  return wanted
    .filter((each) => !known.some((one) => (regex ? new RegExp(`^(?:${each})$`).test(one) : one === each)))
    .map((each) => `${name}{${label}} is never ${each}`);
}

/** The parts of a pattern that stand for themselves: those within brackets are one. */
function alternativesOf(pattern: string): string[] {
  return /[()[\]]/.test(pattern) ? [pattern] : pattern.split("|");
}

/** Undefined where any value may come. */
function knownValues(definition: LabelDefinition): readonly string[] | undefined {
  switch (definition.kind) {
    case "oneOf":
      return [...definition.values, OTHER, NONE];
    case "bounded":
      return definition.reserved.length === 0 ? undefined : [...definition.reserved, OTHER, NONE];
    case "introduced":
      return undefined;
  }
}

function windowProblems(query: Query, selector: SyntaxNode, name: string, cumulative: boolean): string[] {
  const matrix = selector.parent?.name === "MatrixSelector" ? selector.parent : null;
  if (matrix === null) {
    return [];
  }
  const call = callOf(matrix)?.getChild("FunctionIdentifier")?.firstChild?.name ?? "";
  const window = nodesOf(matrix, "NumberDurationLiteralInDurationContext")[0];
  const seconds = window === undefined ? 0 : secondsOf(textOf(query, window));
  return [
    ...(OF_COUNTERS.has(call) !== cumulative
      ? [`${call} is not for ${name}, a ${cumulative ? "counter" : "gauge"}`]
      : []),
    ...(seconds < SHORTEST_WINDOW ? [`a window of ${seconds} s holds too few samples of ${name}`] : []),
  ];
}

/** The call that an expression is an argument of, with an offset in between or not. */
function callOf(node: SyntaxNode): SyntaxNode | null {
  const { parent } = node;
  return parent === null || parent.name === "FunctionCall" ? parent : callOf(parent);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/** Of `90s`, `5m`, `6h`, `3d`. */
export function secondsOf(duration: string): number {
  const [, number = "0", unit = "s"] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  return Number(number) * (UNITS[unit] ?? 0);
}
