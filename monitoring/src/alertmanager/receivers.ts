import { bodyIn, titleIn } from "./templates.ts";

/** Where the ways to people are. Each is left out that is not set; secrets stand in files, which Alertmanager reads. */
export interface Ways {
  /** File with a routing key of PagerDuty's Events API v2. */
  readonly pagerdutyKeyFile?: string | undefined;
  /** The same for who is called when the first one does not respond. */
  readonly escalationKeyFile?: string | undefined;
  /** File with the address of an incoming webhook of Slack. */
  readonly slackUrlFile?: string | undefined;
  readonly email?:
    | {
        readonly to: string;
        readonly from: string;
        /** `host:port` */
        readonly server: string;
        readonly user?: string | undefined;
        readonly passwordFile?: string | undefined;
        /** File with the authority of the server's certificate, where it is none that the system knows. */
        readonly caFile?: string | undefined;
      }
    | undefined;
  /** File with the address of a workflow of Teams. Alertmanager 0.28 and later. */
  readonly teamsUrlFile?: string | undefined;
  /** A system of your own; gets Alertmanager's JSON. */
  readonly webhookUrl?: string | undefined;
  /** Where this repository is to be read, with a slash at its end: what goes before the path that rules have of a runbook. */
  readonly runbooksUrl?: string | undefined;
  /** What raises the alarm when it hears nothing. */
  readonly watchdogUrl?: string | undefined;
}

export const RECEIVERS = [
  "on-call",
  "escalation",
  "security",
  "queue",
  "product",
  "watchdog",
  "none",
] as const;
export type ReceiverName = (typeof RECEIVERS)[number];
type Way = "pagerduty" | "escalation" | "slack" | "email" | "teams" | "webhook" | "watchdog";

/** Which ways each receiver uses. */
const WAYS: Readonly<Record<ReceiverName, readonly Way[]>> = {
  "on-call": ["pagerduty", "slack", "webhook"],
  escalation: ["escalation", "email", "webhook"],
  security: ["slack", "email", "webhook"],
  queue: ["slack", "teams", "webhook"],
  product: ["email", "teams", "webhook"],
  watchdog: ["watchdog"],
  none: [],
};

const TITLE = titleIn("text");

/** A receiver as Alertmanager reads it. */
export function receiver(name: ReceiverName, ways: Ways): object {
  const parts = WAYS[name].flatMap((way) => {
    const part = partOf(way, ways);
    return part === undefined ? [] : [part];
  });
  return Object.assign({ name }, ...parts) as object;
}

function partOf(way: Way, ways: Ways): object | undefined {
  switch (way) {
    case "pagerduty":
      return pagerduty(ways.pagerdutyKeyFile, ways.runbooksUrl);
    case "escalation":
      return pagerduty(ways.escalationKeyFile, ways.runbooksUrl);
    case "slack":
      return ways.slackUrlFile === undefined
        ? undefined
        : {
            slack_configs: [
              {
                api_url_file: ways.slackUrlFile,
                send_resolved: true,
                title: titleIn("slack"),
                fallback: titleIn("slack"),
                text: bodyIn("slack", ways.runbooksUrl),
                color: '{{ template "sark.color" . }}',
              },
            ],
          };
    case "email":
      return ways.email === undefined ? undefined : { email_configs: [email(ways.email, ways.runbooksUrl)] };
    case "teams":
      return ways.teamsUrlFile === undefined
        ? undefined
        : {
            msteamsv2_configs: [
              {
                webhook_url_file: ways.teamsUrlFile,
                send_resolved: true,
                title: titleIn("teams"),
                text: bodyIn("teams", ways.runbooksUrl),
              },
            ],
          };
    case "webhook":
      return ways.webhookUrl === undefined
        ? undefined
        : { webhook_configs: [{ url: ways.webhookUrl, send_resolved: true }] };
    case "watchdog":
      return ways.watchdogUrl === undefined
        ? undefined
        : { webhook_configs: [{ url: ways.watchdogUrl, send_resolved: false }] };
  }
}

function pagerduty(file: string | undefined, runbooks: string | undefined): object | undefined {
  return file === undefined
    ? undefined
    : {
        pagerduty_configs: [
          {
            routing_key_file: file,
            send_resolved: true,
            description: TITLE,
            severity: '{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}',
            // Alertmanager has all alerts in the last two otherwise, and sends no details at all of a group that is too large for it.
            details: {
              text: bodyIn("text", runbooks),
              firing: "{{ len .Alerts.Firing }}",
              resolved: "{{ len .Alerts.Resolved }}",
            },
          },
        ],
      };
}

function email(
  { to, from, server, user, passwordFile, caFile }: NonNullable<Ways["email"]>,
  runbooks: string | undefined,
): object {
  return {
    to,
    from,
    smarthost: server,
    send_resolved: true,
    ...(user === undefined ? {} : { auth_username: user }),
    ...(passwordFile === undefined ? {} : { auth_password_file: passwordFile }),
    ...(caFile === undefined ? {} : { tls_config: { ca_file: caFile } }),
    headers: { Subject: TITLE },
    text: bodyIn("text", runbooks),
    html: bodyIn("html", runbooks),
  };
}
