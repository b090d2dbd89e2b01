export {
  AUTHENTICATION_ERROR_CODES,
  AuthenticationError,
  type AuthenticationErrorCode,
} from "./authentication-error.ts";
export { bearerChallenge } from "./bearer-challenge.ts";
export type { CertificateProblem, ClientCertificate } from "./client-certificate.ts";
export { CREDENTIAL_HEADERS } from "./credential-headers.ts";
export { refuseCredentialsInUrl } from "./credentials-in-url.ts";
export { type CredentialHeaders, hasCredential, readCredential } from "./credentials.ts";
export { type Identity, auditIdentity, principalKey } from "./identity.ts";
export { createIssuers } from "./jwt/issuers.ts";
export type { IssuerOptions } from "./jwt/token-verifier.ts";
export { digestOf, generateApiKey, isApiKey } from "./key-format.ts";
export type { SigningKeyObserver } from "./observer.ts";
