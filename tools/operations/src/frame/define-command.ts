import { buildCommand, type BaseArgs, type Command, type TypedCommandParameters } from "@stricli/core";
import type { z } from "zod";
import type { ToolContext } from "../tool-context.ts";
import { confirmed, yesFlag } from "./confirmation.ts";

/** JSON that a command prints, for scripts. Its schema is loaded only where it is needed. */
export interface CommandOutput {
  /** One object, or one object a line (NDJSON). */
  readonly shape: "object" | "lines";
  /** How it is asked for. Default: `--json`. */
  readonly asked?: readonly string[];
  schema(): Promise<z.ZodType>;
}

/** What help, the reference and completion say of a command, beside its parameters. */
export interface CommandDocs {
  readonly brief: string;
  readonly description?: string;
  /** Command lines. */
  readonly examples: readonly string[];
  /** Each code that it ends with, and what that means. */
  readonly exitCodes: Readonly<Record<number, string>>;
}

export interface CommandDefinition {
  readonly docs: CommandDocs;
  readonly output: CommandOutput | null;
  /** Whether it asks before it does what cannot be taken back. */
  readonly destructive: boolean;
}

const definitions = new WeakMap<object, CommandDefinition>();

/** What a command was defined by. Throws for one that was defined otherwise. */
export function definitionOf(command: Command<ToolContext>): CommandDefinition {
  const definition = definitions.get(command);
  if (definition === undefined) {
    throw new Error(`"${command.brief}" was not defined by defineCommand`);
  }
  return definition;
}

/**
 * A command of a tool: from one definition its help, its place in the reference, its completion, its generated tests and,
 * for what cannot be taken back, the question before it.
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
}): Command<ToolContext> {
  const { run, parameters, docs, output = null, destructive } = definition;
  const asks = destructive !== undefined;
  const command = buildCommand<F, A, ToolContext>({
    async func(flags, ...args) {
      if (asks) {
        await confirmed(this, flags, destructive.call(undefined, flags, ...args));
      }
      await run.call(this, flags, ...args);
    },
    parameters: asks ? withYes(parameters) : parameters,
    docs: { brief: docs.brief, fullDescription: describeDocs(docs) },
  });
  definitions.set(command, { docs, output, destructive: asks });
  return command;
}

function withYes<F extends Readonly<Partial<Record<keyof F, unknown>>>, A extends BaseArgs>(
  parameters: TypedCommandParameters<F, A, ToolContext>,
): TypedCommandParameters<F, A, ToolContext> {
  const { flags } = parameters as { readonly flags?: object };
  return { ...parameters, flags: { ...flags, yes: yesFlag } };
}

function describeDocs({ description, examples, exitCodes }: CommandDocs): string {
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `${code} ${meaning}`);
  return [
    ...(description === undefined ? [] : [description]),
    [examples.length === 1 ? "Example:" : "Examples:", ...examples.map((line) => `  ${line}`)].join("\n"),
    `Exit codes: ${codes.join("; ")}.`,
  ].join("\n\n");
}
