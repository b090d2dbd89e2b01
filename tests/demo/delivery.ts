import { wait } from "@sark/observability/waiting";
import type { Gateway } from "@sark/gateway";
import type { SplunkHec } from "@sark/testkit";

interface Status {
  readonly state: string;
  readonly written: number;
  readonly acknowledged: number;
  readonly behind: { readonly events: number };
  readonly balanced: boolean;
}

/** Rows of a table: how the destination stands while its receiver is away, and when it is back. */
export async function deliveryReport(options: {
  readonly gateway: Gateway;
  readonly adminKey: string;
  readonly splunk: SplunkHec;
  /** Makes further calls while the receiver is away. */
  more(): Promise<unknown>;
}): Promise<string[][]> {
  const { gateway, adminKey, splunk } = options;

  async function status(): Promise<Status> {
    const response = await fetch(`${gateway.url}/api/v1/siem/destinations/splunk`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    return (await response.json()) as Status;
  }

  async function until(reached: (status: Status) => boolean): Promise<Status> {
    let now = await status();
    while (!reached(now)) {
      await wait(50);
      now = await status();
    }
    return now;
  }

  function row(when: string, { state, written, acknowledged, behind, balanced }: Status): string[] {
    const received = new Set(splunk.indexed().map(({ fields }) => fields["seq"])).size;
    return [
      when,
      state,
      ...[written, acknowledged, behind.events, received].map(String),
      balanced ? "yes" : "NO",
    ];
  }

  const before = await until(({ behind }) => behind.events === 0);
  const rows = [row("all is delivered", before)];
  splunk.faults.add({ kind: "code", code: 9, times: "always" });
  await options.more();
  rows.push(
    row(
      "the collector is away",
      await until(({ state, behind }) => behind.events > 0 && state !== "running"),
    ),
  );
  splunk.faults.clear();
  rows.push(row("it is back", await until(({ behind }) => behind.events === 0)));
  return [["when", "state", "written", "acknowledged", "behind", "at the collector", "balanced"], ...rows];
}
