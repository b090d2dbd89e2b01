import { revokeApiKey } from "@sark/gateway/api-keys";
import { buildCommand } from "@stricli/core";
import { printable } from "../../terminal/printable.ts";
import type { ToolContext } from "../../tool-context.ts";
import { EXIT_CODES, fileOf, keyFileFlags, onKeyFile, type KeyFileFlags } from "./key-file.ts";

export const revokeCommand = buildCommand<KeyFileFlags, [string], ToolContext>({
  async func(flags, id) {
    const file = fileOf(flags, this);
    await onKeyFile(() => revokeApiKey(file, id));
    this.process.stdout.write(
      `${printable(id)} is revoked; a gateway that runs refuses it within seconds.\n`,
    );
  },
  parameters: {
    flags: keyFileFlags,
    positional: {
      kind: "tuple",
      parameters: [{ parse: (value: string) => value, placeholder: "ID", brief: "What the key is called" }],
    },
  },
  docs: {
    brief: "Revoke a key",
    fullDescription: `Example:
  gateway-admin api-keys revoke alice-laptop

${EXIT_CODES}`,
  },
});
