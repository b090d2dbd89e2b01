import type { SyntaxNode } from "@lezer/common";
import type { Family } from "../catalog/metrics.ts";
import { childrenOf, nodesOf, textOf, type Query } from "./tree.ts";

export type FamilyOf = (name: string) => Family | undefined;
/** Labels of the series that an expression returns; `null` of a scalar. */
export type Labels = ReadonlySet<string> | null;

const SCALARS = new Set(["NumberDurationLiteral", "StringLiteral"]);
const SET_OPERATORS = new Set(["And", "Or", "Unless"]);

/** Finds the labels of each expression, and says where a label is used that is not there, or two sides never match. */
export function labelsOf(query: Query, familyOf: FamilyOf, complain: (problem: string) => void): Labels {
  return ofNode(query.root);

  function ofNode(node: SyntaxNode): Labels {
    if (SCALARS.has(node.name)) {
      return null;
    }
    if (node.name === "VectorSelector") {
      const name = node.getChild("Identifier");
      return new Set(Object.keys(name === null ? {} : (familyOf(textOf(query, name))?.labels ?? {})));
    }
    if (node.name === "AggregateExpr") {
      return ofAggregate(node);
    }
    if (node.name === "FunctionCall") {
      return ofFunction(node);
    }
    return node.name === "BinaryExpr" ? ofBinary(node) : ofFirst(childrenOf(node));
  }

  function ofFirst(nodes: readonly SyntaxNode[]): Labels {
    return nodes.map(ofNode).find((labels) => labels !== null) ?? null;
  }

  function ofAggregate(node: SyntaxNode): Labels {
    const body = ofFirst(childrenOf(node).filter(({ name }) => name === "FunctionCallBody")) ?? new Set();
    const modifier = node.getChild("AggregateModifier");
    const operator = node.getChild("AggregateOp")?.firstChild?.name ?? "";
    const keeps = operator === "Topk" || operator === "Bottomk";
    const named = modifier === null ? [] : names(modifier);
    for (const label of named.filter((label) => !body.has(label))) {
      complain(`groups by ${label}, which ${textOf(query, node)} has not`);
    }
    if (keeps) {
      return body;
    }
    return (modifier?.getChild("Without") ?? null) === null
      ? new Set(named)
      : new Set([...body].filter((label) => !named.includes(label)));
  }

  function ofFunction(node: SyntaxNode): Labels {
    const name = node.getChild("FunctionIdentifier")?.firstChild?.name ?? "";
    const body = ofFirst(childrenOf(node).filter(({ name }) => name === "FunctionCallBody"));
    if (name === "HistogramQuantile") {
      if (body?.has("le") !== true) {
        complain(`a quantile needs the label le: ${textOf(query, node)}`);
      }
      return new Set([...(body ?? [])].filter((label) => label !== "le"));
    }
    if (name === "Scalar" || name === "Time") {
      return null;
    }
    return name === "Vector" || name === "Absent" ? new Set() : body;
  }

  function ofBinary(node: SyntaxNode): Labels {
    const parts = childrenOf(node);
    const first = parts[0];
    const last = parts.at(-1);
    const left = first === undefined ? null : ofNode(first);
    const right = last === undefined ? null : ofNode(last);
    if (left === null || right === null) {
      return left ?? right;
    }
    const clause = node.getChild("MatchingModifierClause");
    if (clause === null) {
      const only = [...new Set([...left, ...right])].filter(
        (label) => !(left.has(label) && right.has(label)),
      );
      if (only.length > 0 && node.getChild("Or") === null) {
        complain(`the sides never match, only one has ${only.join(", ")}: ${textOf(query, node)}`);
      }
      return left;
    }
    for (const label of names(clause).filter((label) => !left.has(label) && !right.has(label))) {
      complain(`matches on ${label}, which neither side has: ${textOf(query, node)}`);
    }
    const joins = clause.getChild("On") !== null && !parts.some(({ name }) => SET_OPERATORS.has(name));
    const many = clause.getChild("GroupLeft") !== null || clause.getChild("GroupRight") !== null;
    return joins && !many ? new Set(names(clause)) : left;
  }

  function names(node: SyntaxNode): string[] {
    return nodesOf(node, "LabelName").map((label) => textOf(query, label));
  }
}
