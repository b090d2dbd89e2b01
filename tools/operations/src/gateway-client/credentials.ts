import { checkedCredential, readCredentialFile } from "../http-source/credential.ts";
import type { Environment } from "../terminal/style.ts";
import type { Profile } from "./profiles.ts";
import { isLocalService, type ServiceKind } from "./services.ts";

/**
 * The API key from the file that was named, else from the profile, else from the variable, else from where a service on
 * this machine keeps its own, which no other machine is sent. Where a profile says which service is asked, neither the variable,
 * which is about another one, nor the key of this machine is sent there: what it has on loopback may be the end of a tunnel.
 * `null`: none was named and there is none for this service.
 */
export function findKey(
  url: string,
  service: ServiceKind,
  environment: Environment,
  given: { readonly keyFile: string | undefined; readonly profile: Profile | null },
): string | null {
  const { profile } = given;
  const file = given.keyFile ?? profile?.keyFile;
  const remedy = `say --key-file FILE, or set ${service.keyVariable}`;
  if (file !== undefined) {
    return readCredentialFile(file, "API key", { remedy });
  }
  if (profile?.apiKey !== undefined) {
    return checkedCredential(profile.apiKey, "The profile", "API key");
  }
  const variable = environment[service.keyVariable];
  if (profile === null && variable) {
    return checkedCredential(variable, service.keyVariable, "API key");
  }
  return profile?.url === undefined && isLocalService(url, service, environment)
    ? readCredentialFile(service.localKeyFile(environment), "API key", { optional: true, remedy })
    : null;
}
