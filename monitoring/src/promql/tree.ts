import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

/** A query as a tree, with its text. */
export interface Query {
  readonly text: string;
  readonly root: SyntaxNode;
}

/** Variables that Grafana sets itself, as values that PromQL can read. */
const BUILT_IN: Readonly<Record<string, string>> = {
  $__rate_interval: "5m",
  $__interval: "1m",
  $__range: "1h",
};

export function parseQuery(text: string): Query {
  const readable = text.replaceAll(/\$__\w+/g, (name) => BUILT_IN[name] ?? name);
  return { text: readable, root: parser.parse(readable).topNode };
}

export function textOf(query: Query, node: SyntaxNode): string {
  return query.text.slice(node.from, node.to);
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    children.push(child);
  }
  return children;
}

/** All nodes of this name, in the order of the text. */
export function nodesOf(root: SyntaxNode, name: string): SyntaxNode[] {
  const found = root.name === name ? [root] : [];
  return [...found, ...childrenOf(root).flatMap((child) => nodesOf(child, name))];
}

/** Whether the text is not PromQL. */
export function isBroken(query: Query): boolean {
  let broken = childrenOf(query.root).length === 0;
  query.root.cursor().iterate((node) => {
    broken ||= node.type.isError;
  });
  return broken;
}
