import { stringify } from "yaml";
import { helmFiles } from "./helm.ts";
import { kustomizeFiles } from "./kustomize.ts";

const NOTE = "# Generated from deployment/kubernetes by `npm run generate`: edit it there.\n";

/** Text of each generated file, by its path from the root. */
export function generatedFiles(): Record<string, string> {
  const kustomize = Object.entries(kustomizeFiles()).map(([path, documents]) => [
    path,
    NOTE +
      documents
        .map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }))
        .join("---\n"),
  ]);
  const helm = Object.entries(helmFiles()).map(([path, text]) => [path, NOTE + text]);
  return Object.fromEntries([...kustomize, ...helm]) as Record<string, string>;
}
