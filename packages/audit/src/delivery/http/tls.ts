import { z } from "zod";

/** TLS toward a receiver. Its certificate is verified unless `verify` says otherwise. */
export const tlsSchema = z
  .strictObject({
    caFile: z.string().optional().describe("PEM of the authority that signed the receiver's certificate."),
    certFile: z.string().optional().describe("PEM of the certificate that we show, with keyFile."),
    keyFile: z.string().optional().describe("PEM of its private key."),
    serverName: z
      .string()
      .optional()
      .describe("Name expected in the certificate instead of the address's host."),
    verify: z.boolean().default(true).describe("Whether the receiver's certificate is checked; leave it on."),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    message: "give certFile and keyFile together",
  });
export type TlsSettings = z.output<typeof tlsSchema>;

export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}
