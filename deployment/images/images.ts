import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What an image is made of: the workspace that it runs, and files beside it. */
export interface Image {
  /** Folder of the workspace, from the root. */
  readonly workspace: string;
  /** Sources as they are, with their dependencies; or one bundle, which starts in a third of the time and needs nothing beside it. */
  readonly form: "sources" | "bundle";
  readonly files: readonly string[];
}

export const IMAGES = {
  gateway: {
    workspace: "services/gateway",
    form: "sources",
    files: ["policies", "deployment/images/healthy.mjs"],
  },
  "metrics-service": {
    workspace: "services/metrics",
    form: "sources",
    files: ["deployment/images/healthy.mjs"],
  },
  tools: {
    workspace: "tools/operations",
    form: "bundle",
    files: ["policies", "deployment/images/run-tool.sh"],
  },
} as const satisfies Record<string, Image>;
export type ImageName = keyof typeof IMAGES;

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Folders of the workspaces that one needs to run, itself included, from `root`. */
export function workspacesOf(root: string, workspace: string): string[] {
  const folders = new Map(allWorkspaces(root).map((folder) => [manifestOf(root, folder).name, folder]));
  const found = new Set<string>();
  const add = (folder: string): void => {
    if (found.has(folder)) {
      return;
    }
    found.add(folder);
    for (const name of Object.keys(manifestOf(root, folder).dependencies ?? {})) {
      const needed = folders.get(name);
      if (needed !== undefined) {
        add(needed);
      }
    }
  };
  add(workspace);
  return [...found].toSorted();
}

/** Folders of every workspace of the repository: npm wants all their manifests to install from its lock file. */
export function allWorkspaces(root: string): string[] {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly workspaces: readonly string[];
  };
  return workspaces.flatMap((pattern) => {
    const parent = pattern.replace(/\/\*$/, "");
    return parent === pattern
      ? [pattern]
      : readdirSync(join(root, parent), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => `${parent}/${name}`);
  });
}

function manifestOf(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}
