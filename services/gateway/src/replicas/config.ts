import { z } from "zod";

const ANY_ADDRESS = new Set(["0.0.0.0", "::", "[::]", "*"]);

/** Section `replicas`: how replicas and workers that share `redis` reach each other. */
export const replicasSchema = z
  .strictObject({
    host: z
      .string()
      .default("127.0.0.1")
      .describe(
        "Address to listen on for other replicas, which pass on requests of sessions whose process is here. Loopback is for workers and replicas of one machine. Requests are authenticated; without `replicas.tls` they are not encrypted: give it a network of its own.",
      ),
    port: z
      .number()
      .int()
      .min(0)
      .max(65535)
      .default(0)
      .describe("Port to listen on for other replicas; 0 picks a free one, as several workers need."),
    advertisedHost: z
      .string()
      .regex(/^[\w.:-]{1,253}$/, "must be a host name or an IP address")
      .optional()
      .describe("Name or address by which other replicas reach this one; without it `replicas.host`."),
    tls: z
      .strictObject({
        certFile: z
          .string()
          .describe(
            "PEM of this replica's certificate, for servers and clients, with `replicas.advertisedHost` as an alternative name, and of the intermediate ones.",
          ),
        keyFile: z.string().describe("PEM of its private key."),
        caFile: z
          .string()
          .describe("PEM of the authority whose certificates other replicas show: one of their own."),
      })
      .optional()
      .describe(
        "TLS between replicas, in which both sides show a certificate. All replicas have it, or none. The files are read again when they change.",
      ),
  })
  .refine(({ host, advertisedHost }) => advertisedHost !== undefined || !ANY_ADDRESS.has(host), {
    path: ["advertisedHost"],
    message: "is needed where `replicas.host` is every address: say by which one others reach this replica",
  });
