import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blocksOf } from "../documentation/blocks.ts";
import { makeCheckout } from "../documentation/execution/checkout.ts";
import { readPage } from "../documentation/pages.ts";
import { runScript } from "../documentation/run-script.ts";

/** Runs blocks of docs/deployment.md as they stand there, in one checkout of this repository. */
export interface DocumentedCommands {
  /** The block that has this command. Rejects when one of its commands fails. */
  run(command: string): Promise<void>;
}

export function documentedCommands(folder: string, kubeconfig: string): DocumentedCommands {
  mkdirSync(folder);
  const cwd = makeCheckout(join(folder, "checkout"));
  const blocks = blocksOf(readPage("docs/deployment.md")).filter(({ language }) => language === "sh");
  return {
    async run(command) {
      const block = blocks.find(({ text }) => text.includes(command));
      if (block === undefined) {
        throw new Error(`docs/deployment.md has no block with ${command}`);
      }
      const { failures, output } = await runScript([`AT=docs/deployment.md:${block.line}`, block.text], {
        folder,
        cwd,
        environment: {
          KUBECONFIG: kubeconfig,
          POSTGRES_PASSWORD: "of-the-database",
          REDIS_PASSWORD: "of-the-store",
        },
      });
      if (failures.length > 0 || output.includes("Warning: ")) {
        throw new Error(`${failures.join("\n")}\n${output}`);
      }
    },
  };
}
