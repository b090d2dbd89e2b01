import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { CommandError, EXIT } from "../../exit-code.ts";
import { bearer } from "../../http-source/credential.ts";
import { exchangeJson, type SourceResponse } from "../../http-source/http-source.ts";

/** What this tool needs of a Grafana's HTTP API: folders and dashboards by their uid. */
export interface Grafana {
  /** Makes the folder where it is not there; one of that uid is left as it is. */
  ensureFolder(uid: string, title: string): Promise<void>;
  /** `null` where there is none of that uid. */
  dashboard(uid: string): Promise<StoredDashboard | null>;
  /** Puts it in the place of the one of its uid, whatever version that has. */
  save(dashboard: object, folderUid: string, message: string): Promise<{ readonly version: number }>;
}

const storedDashboard = z.object({
  dashboard: z.looseObject({ uid: z.string(), version: z.number(), tags: z.array(z.string()).nullish() }),
  meta: z.looseObject({ folderUid: z.string().optional(), provisioned: z.boolean().optional() }),
});
export type StoredDashboard = z.output<typeof storedDashboard>;
const saved = z.looseObject({ status: z.literal("success"), version: z.number() });
const refusal = z.looseObject({ message: z.string() });

/** What to do about a refusal. */
const HINTS: Readonly<Record<number, string>> = {
  401: " The token is not one of this Grafana, or has expired.",
  403: " The token's account needs to read and write dashboards and folders (the role Editor has it).",
};

/** @param token of a service account; it goes nowhere but to `url` */
export function openGrafana(url: string, token: string): Grafana {
  const source = {
    name: "Grafana",
    url,
    headers: bearer(token),
    timeoutMs: 30_000,
    maxMebibytes: 16,
  };
  return {
    async ensureFolder(uid, title) {
      const found = await exchange("GET", `/api/folders/${encodeURIComponent(uid)}`);
      if (found.status === 404) {
        const made = await exchange("POST", "/api/folders", { uid, title });
        // Another run made it meanwhile.
        if (made.status !== 409 && made.status !== 412) {
          good(made, z.looseObject({ uid: z.literal(uid) }));
        }
        return;
      }
      good(found, z.looseObject({ uid: z.literal(uid) }));
    },
    async dashboard(uid) {
      const found = await exchange("GET", `/api/dashboards/uid/${encodeURIComponent(uid)}`);
      return found.status === 404 ? null : good(found, storedDashboard);
    },
    async save(dashboard, folderUid, message) {
      const body = { dashboard, folderUid, message, overwrite: true };
      return good(await exchange("POST", "/api/dashboards/db", body), saved);
    },
  };

  function exchange(method: string, path: string, body?: object): Promise<SourceResponse> {
    return exchangeJson(source, { method, path, body });
  }

  function good<S extends z.ZodType>({ status, json }: SourceResponse, schema: S): z.output<S> {
    if (status >= 200 && status < 300) {
      const parsed = validate(schema, json);
      if (parsed.valid) {
        return parsed.data;
      }
      throw new CommandError(EXIT.unable, `${url} responds with what no Grafana says.`);
    }
    const said = validate(refusal, json);
    const message = said.valid ? said.data.message : "no reason";
    throw new CommandError(
      EXIT.unable,
      `Grafana refuses with HTTP ${status}: ${message}.${HINTS[status] ?? ""}`,
    );
  }
}
