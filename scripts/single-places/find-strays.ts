import { matchesGlob } from "node:path";
import { lineOf } from "../line-of.ts";
import type { SinglePlace } from "./places.ts";

/** One line for each place outside of its home where a mechanism is spelled. */
export function findStrays(file: string, text: string, places: readonly SinglePlace[]): string[] {
  return places
    .filter(({ files }) => !files.some((glob) => matchesGlob(file, glob)))
    .flatMap(({ pattern, because }) =>
      [...text.matchAll(new RegExp(pattern, "g"))].map(
        ({ index }) => `${file}:${lineOf(text, index)}: ${because}`,
      ),
    );
}
