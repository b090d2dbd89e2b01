import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, startGateway, type Gateway, type StartOptions } from "@sark/gateway";
import { createAuditDatabase } from "@sark/audit/testing";
import { noteDrive } from "@sark/testkit";
import { UNHURRIED } from "./unhurried.ts";

/** A gateway of its own in this process: free port, own database, own data directory. */
export interface GatewayUnderTest {
  readonly url: string;
  /** Key of role `admin`. */
  readonly apiKey: string;
  readonly databaseUrl: string;
  readonly dataDirectory: string;
  /** The Cedar policies in force; a copy that may be edited where `policies` were given. */
  readonly policyDirectory: string;
  readonly gateway: Gateway;
  /** Every log line so far, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

export interface UnderTestOptions {
  /** As in the configuration file. */
  readonly upstreams: readonly Record<string, unknown>[];
  /** Further sections of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where secrets are. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Cedar policies by file name, in place of the repository's examples. */
  readonly policies?: Readonly<Record<string, string>>;
  readonly deliveryPace?: StartOptions["deliveryPace"];
}

/** For gateways whose policy is not what is tested; the examples take a third of a start. */
export const EVERYONE: Readonly<Record<string, string>> = {
  "everyone.cedar": "permit (principal, action, resource);",
};

const examplePolicies = join(import.meta.dirname, "../../policies");

export async function startGatewayUnderTest(options: UnderTestOptions): Promise<GatewayUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "sark-gateway-"));
  const { dataDirectory = join(folder, "data") } = (options.config ?? {}) as {
    readonly dataDirectory?: string;
  };
  const given = options.config?.["database"] as { readonly url?: string } | undefined;
  const database = given?.url === undefined ? await createAuditDatabase() : null;
  const lines: Record<string, unknown>[] = [];
  const file = join(folder, "sark.json");
  const policyDirectory =
    options.policies === undefined ? examplePolicies : writePolicies(folder, options.policies);
  writeFileSync(
    file,
    JSON.stringify({
      environment: "test",
      dataDirectory,
      upstreams: options.upstreams,
      ...options.config,
      http: {
        ...UNHURRIED.http,
        port: 0,
        drainTimeout: "2s",
        ...(options.config?.["http"] as object | undefined),
      },
      database: { ...UNHURRIED.database, url: database?.url, ...given },
      logging: { ...UNHURRIED.logging, ...(options.config?.["logging"] as object | undefined) },
      policy: {
        ...UNHURRIED.policy,
        directory: policyDirectory,
        ...(options.config?.["policy"] as object | undefined),
      },
    }),
  );
  const { environment = {}, deliveryPace = {} } = options;
  const gateway = await startGateway(loadConfig({ file, environment: {} }), {
    environment,
    deliveryPace,
    logDestination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  return {
    url: gateway.url,
    apiKey: readFileSync(gateway.adminKeyFile, "utf8").trim(),
    databaseUrl: gateway.databaseUrl,
    dataDirectory,
    policyDirectory,
    gateway,
    lines,
    async close() {
      await noteDrive("gateway", gateway.telemetry.recorder);
      await gateway.close();
      await database?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writePolicies(folder: string, policies: Readonly<Record<string, string>>): string {
  const directory = join(folder, "policies");
  mkdirSync(directory);
  for (const [name, text] of Object.entries(policies)) {
    writeFileSync(join(directory, name), text);
  }
  return directory;
}
