import { ConfigurationError } from "@sark/settings";
import type { GatewayConfig } from "../config/schema.ts";
import { openListenerTls, type ListenerTls, type TlsObserver } from "@sark/http-service";

/** TLS of the listener, where it is configured. Throws `ConfigurationError` when a file cannot be used. */
export function startListenerTls(
  { http, authentication }: Pick<GatewayConfig, "http" | "authentication">,
  observer: TlsObserver,
): ListenerTls | null {
  if (http.tls === undefined) {
    return null;
  }
  const { certFile, keyFile, clientCertificates } = http.tls;
  const authorities = authentication.certificates;
  try {
    return openListenerTls(
      { certFile, keyFile, authorities },
      {
        required: authorities.length > 0 && clientCertificates === "require",
        handshakeTimeoutMs: http.headersTimeout,
      },
      observer,
    );
  } catch (cause) {
    throw new ConfigurationError((cause as Error).message, { cause });
  }
}
