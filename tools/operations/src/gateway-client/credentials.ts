import { checkedCredential, readCredentialFile } from "../http-source/credential.ts";
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
    return checkedCredential(variable, "GATEWAY_API_KEY", "API key");
  }
  if (file === undefined && !isLocalGateway(gateway, environment)) {
    return null;
  }
  return readCredentialFile(file ?? localAdminKeyFile(environment), "API key", {
    optional: file === undefined,
    remedy: "say --key-file FILE, or set GATEWAY_API_KEY",
  });
}
