import { readFileSync } from "node:fs";
import { CommandError, EXIT } from "../exit-code.ts";
import { isLocalGateway, localAdminKeyFile } from "../local-gateway.ts";

/**
 * The API key from the file that was named, else from the variable, else from where a gateway on this machine keeps
 * its own, which no other machine is sent. `null`: none was named and there is none for this gateway.
 */
export function findKey(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
  gateway: string,
): string | null {
  const variable = environment["GATEWAY_API_KEY"];
  if (file === undefined && variable) {
    return checked(variable, "GATEWAY_API_KEY");
  }
  if (file === undefined && !isLocalGateway(gateway, environment)) {
    return null;
  }
  const path = file ?? localAdminKeyFile(environment);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (file === undefined && code === "ENOENT") {
      return null;
    }
    throw new CommandError(
      EXIT.usage,
      `Cannot read the API key in ${path} (${code}): say --key-file FILE, or set GATEWAY_API_KEY.`,
      { cause },
    );
  }
  return checked(text, path);
}

/** The HTTP library repeats in its error what cannot be sent: a key must not come that far. */
function checked(text: string, source: string): string {
  const key = text.trim();
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new CommandError(
      EXIT.usage,
      `${source} holds no API key: a key is one word of printable characters, such as sark_….`,
    );
  }
  return key;
}
