/** Request headers that carry a credential. */
export const CREDENTIAL_HEADERS = ["authorization", "x-api-key", "x-gateway-api-key"] as const;
