import { isDeepStrictEqual } from "node:util";
import { CommandError, EXIT } from "../../exit-code.ts";
import type { DashboardFile } from "./dashboard-files.ts";
import type { Grafana, StoredDashboard } from "./grafana.ts";
import { withLinkTargets, type LinkTargets } from "./link-targets.ts";

/** All dashboards of this project have it; one without it in Grafana is not replaced. */
const TAG = "sark";

export interface PushedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly result: "created" | "updated" | "unchanged";
}

export interface PushSettings {
  readonly folderUid: string;
  readonly targets: LinkTargets;
  readonly message: string;
  /** Says what would be done, and does it not. */
  readonly dryRun: boolean;
}

/** Puts a dashboard into Grafana, where it is not there as it is already. */
export async function pushDashboard(
  grafana: Grafana,
  file: DashboardFile,
  { folderUid, targets, message, dryRun }: PushSettings,
): Promise<PushedDashboard> {
  const stored = await grafana.dashboard(file.uid);
  refuseForeign(file, stored);
  const dashboard = withLinkTargets(file, targets, stored);
  const { uid, title } = file;
  if (stored !== null && stored.meta.folderUid === folderUid && isSame(dashboard, stored)) {
    return { uid, title, result: "unchanged" };
  }
  if (!dryRun) {
    // Without an id, Grafana finds the one to replace by the uid.
    await grafana.save({ ...dashboard, id: null }, folderUid, message);
  }
  return { uid, title, result: stored === null ? "created" : "updated" };
}

function refuseForeign({ uid, title }: DashboardFile, stored: StoredDashboard | null): void {
  if (stored?.meta.provisioned === true) {
    throw new CommandError(
      EXIT.unable,
      `${title}: Grafana has it from a file (provisioning): change it there, or take the file away.`,
    );
  }
  if (stored !== null && stored.dashboard.tags?.includes(TAG) !== true) {
    throw new CommandError(
      EXIT.unable,
      `${title}: Grafana has another dashboard of uid ${uid}, without the tag ${TAG}. It is left as it is: rename or delete it first.`,
    );
  }
}

/** Grafana counts versions and gives ids of its own. */
function isSame(dashboard: DashboardFile, stored: StoredDashboard): boolean {
  return isDeepStrictEqual(withoutCounts(dashboard), withoutCounts(stored.dashboard));
}

function withoutCounts(dashboard: object): object {
  const { id: _id, version: _version, ...rest } = dashboard as { id?: unknown; version?: unknown };
  return rest;
}
