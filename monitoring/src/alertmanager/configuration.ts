import { INHIBITIONS } from "./inhibitions.ts";
import { receiver, RECEIVERS, type Ways } from "./receivers.ts";
import { ROUTE, TIME_INTERVALS } from "./routes.ts";

/** The configuration of Alertmanager, with these ways to people. */
export function alertmanagerConfiguration(ways: Ways, templates = "templates/*.tmpl"): object {
  return {
    templates: [templates],
    route: ROUTE,
    time_intervals: TIME_INTERVALS,
    inhibit_rules: INHIBITIONS,
    receivers: RECEIVERS.map((name) => receiver(name, ways)),
  };
}

/** The ways as the environment names them. An empty value is none. */
export function waysOf(environment: Readonly<Record<string, string | undefined>>): Ways {
  const value = (name: string) => environment[name] || undefined;
  const to = value("ALERT_EMAIL_TO");
  const server = value("ALERT_SMTP_SERVER");
  return {
    pagerdutyKeyFile: value("ALERT_PAGERDUTY_KEY_FILE"),
    escalationKeyFile: value("ALERT_ESCALATION_KEY_FILE"),
    slackUrlFile: value("ALERT_SLACK_URL_FILE"),
    teamsUrlFile: value("ALERT_TEAMS_URL_FILE"),
    webhookUrl: value("ALERT_WEBHOOK_URL"),
    watchdogUrl: value("ALERT_WATCHDOG_URL"),
    runbooksUrl: runbooksUrl(value("ALERT_RUNBOOKS_URL")),
    ...(to === undefined || server === undefined
      ? {}
      : {
          email: {
            to,
            server,
            from: value("ALERT_EMAIL_FROM") ?? to,
            user: value("ALERT_SMTP_USER"),
            passwordFile: value("ALERT_SMTP_PASSWORD_FILE"),
            caFile: value("ALERT_SMTP_CA_FILE"),
          },
        }),
  };
}

/** Braces would be those of a template: as an address they are encoded. */
function runbooksUrl(given: string | undefined): string | undefined {
  if (given === undefined) {
    return undefined;
  }
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error(
      `ALERT_RUNBOOKS_URL is no address: ${given}. Write where the documentation is, https://…`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/?$/, "/")}`;
}

/** What the committed file has: every way that Debian's Alertmanager can go, with secrets in files. */
export const EXAMPLE_WAYS: Ways = {
  pagerdutyKeyFile: "/etc/alertmanager/secrets/pagerduty-key",
  escalationKeyFile: "/etc/alertmanager/secrets/pagerduty-escalation-key",
  slackUrlFile: "/etc/alertmanager/secrets/slack-url",
  email: {
    to: "oncall@example.com",
    from: "alerts@example.com",
    server: "smtp.example.com:587",
    user: "alerts",
    passwordFile: "/etc/alertmanager/secrets/smtp-password",
  },
  webhookUrl: "http://127.0.0.1:9099/alerts",
  watchdogUrl: "http://127.0.0.1:9099/watchdog",
  runbooksUrl: "https://docs.example.com/sark/",
};
