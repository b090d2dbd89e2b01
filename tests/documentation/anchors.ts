import { withoutCode } from "./blocks.ts";

/** The anchor that GitHub makes of a heading's text, which the site makes, too: links between sections hold in both. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

/** The anchors of a page, as GitHub makes them of its headings: the second one of a name ends in `-1`. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const heading of withoutCode(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = (heading[1] ?? "").replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
    const anchor = anchorOf(plain);
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}
