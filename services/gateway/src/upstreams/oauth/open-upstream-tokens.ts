import type { FileNotice } from "@sark/observability/files";
import { openSecret, SecretError } from "@sark/observability/settings";
import type { UpstreamOauthConfig } from "../contract/oauth-config.ts";
import type { UpstreamObserver } from "../contract/observer.ts";
import { followAuthority } from "../followed-files/follow-authority.ts";
import { UpstreamConfigError } from "../followed-files/secret-references.ts";
import { createTokenEndpoint } from "./token-endpoint.ts";
import { createUpstreamTokens, type UpstreamTokens } from "./upstream-tokens.ts";

/** The tokens for one server as its configuration has them. Throws `UpstreamConfigError` for secrets that cannot be read. */
export function openUpstreamTokens(
  upstream: string,
  config: UpstreamOauthConfig,
  options: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly observer: UpstreamObserver;
    readonly notice: FileNotice;
  },
): UpstreamTokens {
  const where = `upstreams.${upstream}.oauth`;
  const secret = (name: "clientId" | "clientSecret") => {
    try {
      const { value } = openSecret(config[name], options.environment, options.notice);
      return value;
    } catch (error) {
      if (!(error instanceof SecretError)) {
        throw error;
      }
      throw new UpstreamConfigError(`${where}.${name}: ${error.message}`, { cause: error.cause });
    }
  };
  const { caFile, grant, callersWithoutToken, scopes, resource, audience } = config;
  const endpoint = createTokenEndpoint({
    url: new URL(config.tokenEndpoint).href,
    clientId: secret("clientId"),
    clientSecret: secret("clientSecret"),
    clientAuthentication: config.clientAuthentication,
    ...(caFile === undefined ? {} : { ca: followAuthority(caFile, `${where}.caFile`, options.notice) }),
    timeoutMs: config.timeout,
  });
  return createUpstreamTokens({
    upstream,
    endpoint,
    grant,
    callersWithoutToken,
    scopes,
    resource,
    audience,
    observer: options.observer,
  });
}
