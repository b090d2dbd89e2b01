import type { BaseArgs, Command, TypedCommandParameters } from "@stricli/core";
import type { z } from "zod";
import type { ToolContext } from "../tool-context.ts";
import { yesFlag } from "./yes-flag.ts";

/** JSON that a command prints, for scripts. Its schema is loaded only where it is needed. */
export interface CommandOutput {
  /** One object, or one object a line (NDJSON). */
  readonly shape: "object" | "lines";
  /** How it is asked for. Default: `--json`. */
  readonly asked?: readonly string[];
  schema(): Promise<z.ZodType>;
}

/** What help, the reference and completion say of a command, beside its parameters and the brief of its tool's table. */
export interface CommandDocs {
  readonly description?: string;
  /** Command lines. */
  readonly examples: readonly string[];
  /** Each code that it ends with, and what that means. */
  readonly exitCodes: Readonly<Record<number, string>>;
}

/** A command, which the table of its tool gives a word and a brief. */
export interface DefinedCommand {
  readonly docs: CommandDocs;
  readonly output: CommandOutput | null;
  /** Whether it asks before it does what cannot be taken back. */
  readonly destructive: boolean;
  readonly parameters: Command<ToolContext>["parameters"];
  /**
   * As the command-line library reads its options, and says what is wrong with them. Loaded for that: help needs none of it.
   * Where they are well, `begins` is asked whether it may run.
   */
  build(brief: string, begins: () => boolean): Promise<Command<ToolContext>>;
}

/**
 * A command of a tool: from one definition its help, its place in the reference, its completion, its generated tests and,
 * for what cannot be taken back, the question before it. What it needs to run is imported when it runs, where loading it
 * takes long: its help is quick all the same.
 */
export function defineCommand<
  F extends Readonly<Partial<Record<keyof F, unknown>>>,
  A extends BaseArgs = [],
>(definition: {
  run(this: ToolContext, flags: F, ...args: A): void | Promise<void>;
  readonly parameters: TypedCommandParameters<F, A, ToolContext>;
  readonly docs: CommandDocs;
  readonly output?: CommandOutput;
  /** For what cannot be taken back: what will be done, to ask before it, unless `--yes` was said. */
  destructive?(flags: F, ...args: A): string;
}): DefinedCommand {
  const { run, docs, output = null, destructive } = definition;
  const asks = destructive !== undefined;
  const parameters = asks ? withYes(definition.parameters) : definition.parameters;
  return {
    docs,
    output,
    destructive: asks,
    // The library's type of the parameters of any command; it is its `buildCommand` that makes one of the other.
    parameters: parameters as unknown as Command<ToolContext>["parameters"],
    async build(brief, begins) {
      const { buildCommand } = await import("@stricli/core");
      return buildCommand<F, A, ToolContext>({
        async func(flags, ...args) {
          if (!begins()) {
            return;
          }
          if (asks) {
            const { confirmed } = await import("./confirmation.ts");
            await confirmed(this, flags, destructive.call(undefined, flags, ...args));
          }
          await run.call(this, flags, ...args);
        },
        parameters,
        docs: { brief },
      });
    },
  };
}

function withYes<F extends Readonly<Partial<Record<keyof F, unknown>>>, A extends BaseArgs>(
  parameters: TypedCommandParameters<F, A, ToolContext>,
): TypedCommandParameters<F, A, ToolContext> {
  const { flags } = parameters as { readonly flags?: object };
  return { ...parameters, flags: { ...flags, yes: yesFlag } };
}
