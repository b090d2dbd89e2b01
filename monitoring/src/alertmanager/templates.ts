/** How a message is written: as text for what shows it as it is, in the markup of Slack or Teams, or as HTML. */
const MARKUPS = ["text", "slack", "teams", "html"] as const;
export type Markup = (typeof MARKUPS)[number];

/** A group of hundreds of alerts would be a message that Teams does not take (28 KB). */
const SHOWN = 10;

/**
 * Values of labels and annotations come from what callers send: one must neither begin a line of the message, nor be markup.
 * Each step is a pattern and what takes its place. HTML is escaped by Alertmanager, by where a value stands.
 */
const ONE_LINE = [String.raw`[\s\pC\p{Zl}\p{Zp}]+`, " "] as const;
const ESCAPES: Readonly<Record<Markup, readonly (readonly [pattern: string, by: string])[]>> = {
  text: [ONE_LINE],
  // https://docs.slack.dev/messaging/formatting-message-text#escaping
  slack: [ONE_LINE, ["&", "&amp;"], ["<", "&lt;"], [">", "&gt;"]],
  // Clients on phones do not heed each backslash: with a space between them brackets are no link to any of them.
  teams: [ONE_LINE, [String.raw`[\\\x60*_~\[\]<>]`, String.raw`\$0`], [String.raw`\]\(`, "] ("]],
  html: [ONE_LINE],
};

/** How a configuration calls for the title of a message. */
export function titleIn(markup: Markup): string {
  return `{{ template "sark.title.${markup}" . }}`;
}

/**
 * How it calls for the body. Rules name their runbooks from the root of the repository: `runbooks`, an address that ends with a
 * slash, goes before. A configuration is read after the file of templates, and what it defines holds.
 */
export function bodyIn(markup: Markup, runbooks: string | undefined): string {
  const where = runbooks === undefined ? "" : `{{ define "${RUNBOOKS_AT}" }}${runbooks}{{ end }}`;
  return `${where}{{ template "sark.body.${markup}" . }}`;
}

const RUNBOOKS_AT = "sark.runbooks";

/** The text of the file of templates: what, how bad, since when, what to do, in this order, in each markup. */
export function renderTemplates(): string {
  return [
    "{{/* Generated from monitoring/src by `npm run generate`: edit it there. */}}",
    COLOR,
    `{{ define "${RUNBOOKS_AT}" }}{{ end }}`,
    ...MARKUPS.flatMap((markup) => {
      const { alert, query, body } = markup === "html" ? AS_HTML : inLines(markup);
      return [
        define(`sark.value.${markup}`, escaped(markup)),
        define(`sark.title.${markup}`, title(markup)),
        define(`sark.alert.${markup}`, alert),
        define(`sark.query.${markup}`, query),
        define(`sark.body.${markup}`, body),
      ];
    }),
  ].join("\n\n");
}

function define(name: string, text: string): string {
  return `{{ define "${name}" -}}\n${text}{{ end }}`;
}

/** Of Slack: a critical one is red, a warning yellow. */
const COLOR = define(
  "sark.color",
  '{{ if eq .Status "firing" }}{{ if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}{{ else }}good{{ end }}',
);

/** Alertmanager has the heading red of all that fires: only a sign tells a warning from what is critical. */
const SIGN =
  '{{ if eq .Status "firing" }}{{ if eq .CommonLabels.severity "critical" }}🟥{{ else }}🟧{{ end }}{{ else }}🟩{{ end }} ';

function escaped(markup: Markup): string {
  const steps = ESCAPES[markup].map(([pattern, by]) => ` | reReplaceAll ${quoted(pattern)} ${quoted(by)}`);
  return `{{ .${steps.join("")} }}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\")}"`;
}

function value(expression: string, markup: Markup): string {
  return `{{ template "sark.value.${markup}" ${expression} }}`;
}

function title(markup: Markup): string {
  const severity = `{{ with .CommonLabels.severity }}${value("(toUpper .)", markup)}{{ else }}ALERT{{ end }}`;
  const name = `{{ with .GroupLabels.alertname }}${value(".", markup)}{{ else }}several alerts{{ end }}`;
  const what = `{{ with .CommonAnnotations.summary }}${value(".", markup)}{{ else }}${name}{{ end }}`;
  const count = "{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}";
  const state = `{{ if eq .Status "firing" }}${severity}{{ else }}RESOLVED{{ end }}`;
  return `${markup === "teams" ? SIGN : ""}${state}: ${what}${count}`;
}

/** Who is concerned, with where it is. */
function heading(markup: Markup): string {
  const [name, severity, component, team] = ["alertname", "severity", "component", "team"].map((label) =>
    value(`.Labels.${label}`, markup),
  );
  const where = `{{ with .Labels.instance }} at ${value(".", markup)}{{ end }}`;
  return `{{ if eq .Status "resolved" }}Over: {{ end }}${name} (${severity}, ${component}, ${team} team)${where}`;
}

const TIME = '"2006-01-02 15:04:05 UTC"';
const SINCE = `{{ .StartsAt.UTC.Format ${TIME} }}{{ if eq .Status "resolved" }}, over since {{ .EndsAt.UTC.Format ${TIME} }}{{ end }}`;

/** The first ones of each state, and how many there are. Of one rule are all alerts of a group: its query, which is long, stands there once. */
function alertsOf(markup: Markup, end: string, more: (text: string) => string): string {
  const each = (state: "Firing" | "Resolved", withQuery: string, what: string): string => {
    const one = `{{ template "sark.alert.${markup}" $alert }}{{ if ${withQuery} }}{{ template "sark.query.${markup}" $alert }}{{ end }}${end}`;
    const others = more(`${what} than these ${SHOWN}: {{ len $.Alerts.${state} }} in all.`);
    return `{{ range $at, $alert := .Alerts.${state} }}{{ if lt $at ${SHOWN} }}${one}{{ else if eq $at ${SHOWN} }}${others}{{ end }}{{ end }}`;
  };
  const noneFires = "and (eq $at 0) (eq (len $.Alerts.Firing) 0)";
  return each("Firing", "eq $at 0", "More fire") + each("Resolved", noneFires, "More are over");
}

/** As a list: Teams keeps other line breaks not. Addresses are the rules' and Prometheus's own. */
function inLines(markup: Exclude<Markup, "html">): Readonly<Record<"alert" | "query" | "body", string>> {
  const address = (expression: string) => value(expression, markup === "teams" ? "text" : markup);
  const alerts = alertsOf(markup, "\n", (text) => `${text}\n`);
  return {
    alert: `${heading(markup)}
- How bad: ${value(".Annotations.description", markup)}
- Since: ${SINCE}
- What to do: {{ with .Annotations.runbook_url }}{{ if not (match "^https?://" .) }}{{ template "${RUNBOOKS_AT}" }}{{ end }}${address(".")}{{ end }}
`,
    query: `{{ with .GeneratorURL }}- The query: ${address(".")}\n{{ end }}`,
    body: `${alerts}{{ with .ExternalURL }}Silence or look: ${address(".")}{{ end }}`,
  };
}

const AS_HTML: ReturnType<typeof inLines> = {
  alert: `<h3>${heading("html")}</h3>
<ul>
<li>How bad: ${value(".Annotations.description", "html")}</li>
<li>Since: ${SINCE}</li>
<li>What to do: {{ with .Annotations.runbook_url }}{{ if match "^https?://" . }}<a href="{{ . }}">{{ . }}</a>{{ else }}{{ template "${RUNBOOKS_AT}" }}{{ . }}{{ end }}{{ end }}</li>`,
  query: '{{ with .GeneratorURL }}<li><a href="{{ . }}">The query</a></li>{{ end }}',
  body: `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{{ template "sark.title.html" . }}</title></head>
<body style="font-family: sans-serif">
<h2 style="color: {{ if eq .Status "resolved" }}#1a7f37{{ else if eq .CommonLabels.severity "critical" }}#c4162a{{ else }}#a85b00{{ end }}">{{ template "sark.title.html" . }}</h2>
${alertsOf("html", "</ul>\n", (text) => `<p>${text}</p>\n`)}{{ with .ExternalURL }}<p><a href="{{ . }}">Silence or look</a></p>{{ end }}
</body>
</html>`,
};
