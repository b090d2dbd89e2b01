import { z } from "zod";

/** Section `http.tls`: the gateway speaks TLS itself. */
export const listenerTlsSchema = z.strictObject({
  certFile: z
    .string()
    .describe("PEM of the gateway's certificate, and of the intermediate ones; read again when it changes."),
  keyFile: z.string().describe("PEM of its private key; read again when it changes."),
  clientCertificates: z
    .enum(["request", "require"])
    .default("request")
    .describe(
      "With `authentication.certificates`: whether clients may come without a certificate, or get 401 for every request, those for health included.",
    ),
});
