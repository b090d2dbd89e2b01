import { EXIT_CODES, fileOf, keyFileFlags, onKeyFile, type KeyFileFlags } from "./key-file.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { formatLines } from "../../terminal/printable.ts";

export const revokeCommand = defineCommand<KeyFileFlags, [string]>({
  async run(flags, id) {
    const file = fileOf(flags, this);
    await onKeyFile(({ revokeApiKey }) => revokeApiKey(file, id));
    this.process.stdout.write(
      formatLines([`${id} is revoked; a gateway that runs refuses it within seconds.`]),
    );
  },
  parameters: {
    flags: keyFileFlags,
    positional: {
      kind: "tuple",
      parameters: [{ parse: (value: string) => value, placeholder: "ID", brief: "What the key is called" }],
    },
  },
  destructive: (_flags, id) => `The key ${id} will be refused from now on, and cannot be had back.`,
  docs: {
    examples: ["gateway-admin api-keys revoke alice-laptop"],
    exitCodes: EXIT_CODES,
  },
});
