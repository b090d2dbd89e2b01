import { jwtVerify, type JWTVerifyGetKey } from "jose";
import type { errors, Provider, ResourceServer } from "oidc-provider";

export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

/** RFC 8693: a token of this server for any resource is exchanged for one of the same user for another resource. */
export function exchangeTokens(
  provider: Provider,
  faults: Pick<typeof errors, "InvalidGrant" | "InvalidRequest">,
  keys: JWTVerifyGetKey,
  resourceServerOf: (resource: string) => ResourceServer,
): void {
  provider.registerGrantType(
    TOKEN_EXCHANGE,
    async (context) => {
      const { client, params } = context.oidc;
      const resource = String(params["resource"]);
      const resourceServer = new provider.ResourceServer(resource, resourceServerOf(resource));
      if (params["subject_token_type"] !== ACCESS_TOKEN || params["requested_token_type"] !== ACCESS_TOKEN) {
        throw new faults.InvalidRequest("token types");
      }
      const { issuer } = provider;
      const subject = await jwtVerify(String(params["subject_token"]), keys, { issuer }).catch(() => {
        throw new faults.InvalidGrant("subject_token");
      });
      const token = new provider.AccessToken({
        client,
        accountId: String(subject.payload.sub),
        gty: "token_exchange",
        grantId: "none",
        expiresWithSession: false,
        scope: "",
      });
      token.resourceServer = resourceServer;
      context.body = {
        access_token: await token.save(),
        issued_token_type: ACCESS_TOKEN,
        token_type: "Bearer",
        expires_in: token.expiration,
      };
    },
    ["subject_token", "subject_token_type", "requested_token_type", "resource", "audience", "scope"],
  );
}
