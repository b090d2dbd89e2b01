import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const P95 = `histogram_quantile(0.95, sum by (server, tool, le) (rate(${series("sark_gateway_tool_execution_seconds_bucket")}[10m])))`;
const EXECUTED = `sum(rate(${series("sark_gateway_tool_execution_seconds_count")}[10m]))`;
const EXCEEDED = `sum by (payer, period) (increase(${series("sark_gateway_quota_exceeded_total")}[10m]))`;
const USED = `max by (payer, name, period) (${series("sark_gateway_quota_used_ratio")})`;
const COST = `sum(rate(${series("sark_gateway_cost_total")}[1h]))`;
const COST_BEFORE = `sum(rate(${series("sark_gateway_cost_total")}[1h] offset 1d))`;

function executions(le: string, firing: number, under: number) {
  return {
    series: `sark_gateway_tool_execution_seconds_bucket{server="tools", tool="search", le="${le}"}`,
    firing,
    under,
  };
}

export const usageAlerts: readonly Alert[] = [
  {
    name: "ToolSlaViolated",
    when: { value: P95, is: ">", threshold: 5, guard: { value: EXECUTED, above: 0.05 } },
    for: "10m",
    severity: "warning",
    component: "upstream",
    team: "product",
    summary: "A tool is slower than promised: P95 above 5 s",
    description:
      "P95 of {{ $labels.tool }} at {{ $labels.server }} is {{ $value | humanizeDuration }}, above 5 s for 10 minutes.",
    runbook: {
      meaning:
        "One in twenty calls of this tool takes longer than 5 s at its server, policy and audit not included.",
      impact: "Agents that use the tool are slow, and may give up.",
      diagnosis: [
        {
          look: "Is it one tool, or all of the server?",
          command: ask(
            "topk(5, histogram_quantile(0.95, sum by (server, tool, le) (rate(sark_gateway_tool_execution_seconds_bucket[10m]))))",
          ),
        },
        {
          look: "Does it fail as well?",
          command: ask(
            'topk(5, sum by (server, tool, outcome) (rate(sark_gateway_tool_calls_total{outcome!="ok"}[10m])))',
          ),
        },
      ],
      remedy: [
        "Tell the owner of the server. A tool that takes long by nature belongs into a task (docs/extending.md).",
      ],
    },
    window: 10,
    proof: {
      inputs: [
        executions("5", 567, 576),
        executions("10", 600, 600),
        executions("+Inf", 600, 600),
        {
          series: 'sark_gateway_tool_execution_seconds_count{server="tools", tool="search"}',
          firing: 600,
          under: 600,
        },
      ],
      says: "P95 of search at tools is 5.455s, above 5 s for 10 minutes.",
      labels: { server: "tools", tool: "search" },
    },
  },
  {
    name: "UserQuotaExceeded",
    when: { value: EXCEEDED, is: ">", threshold: 0 },
    for: "0m",
    severity: "warning",
    component: "cost",
    team: "product",
    summary: "Calls do not fit a budget any more",
    description:
      "{{ $value | humanize }} calls in 10 minutes did not fit the budget of a {{ $labels.payer }} for the {{ $labels.period }}.",
    runbook: {
      meaning: "A budget is used up. A hard one refuses calls, a soft one only says so.",
      impact: "With a hard budget its payer can call nothing that costs until the period ends.",
      diagnosis: [
        { look: "Whose budget is it?", command: ask("topk(5, sark_gateway_quota_used_ratio)") },
        { look: "What was spent, on what?", command: "npm run gateway-admin -- quotas show" },
      ],
      remedy: [
        "Wanted use: raise the budget (docs/quotas.md). Else find the agent that spends it, and stop it.",
      ],
    },
    window: 10,
    proof: {
      inputs: [
        {
          series: 'sark_gateway_quota_exceeded_total{payer="user", period="day", stop="hard"}',
          firing: 0.1,
          under: 0,
        },
      ],
      says: "300m calls in 10 minutes did not fit the budget of a user for the day.",
      labels: { payer: "user", period: "day" },
    },
  },
  {
    name: "BudgetThresholdReached",
    when: { value: USED, is: ">", threshold: 0.8 },
    for: "0m",
    severity: "warning",
    component: "cost",
    team: "product",
    summary: "More than 80 % of a budget is used",
    description:
      "{{ $value | humanizePercentage }} of the budget of the {{ $labels.payer }} {{ $labels.name }} for the {{ $labels.period }} is used.",
    runbook: {
      meaning: "The rest may not last until the period ends.",
      impact: "None yet. At 100 % a hard budget refuses calls.",
      diagnosis: [{ look: "What was spent, on what?", command: "npm run gateway-admin -- quotas show" }],
      remedy: ["Ask the payer; raise the budget, or let it end."],
    },
    window: 1,
    proof: {
      inputs: [
        {
          series: 'sark_gateway_quota_used_ratio{payer="tenant", name="acme", period="month"}',
          firing: 0.81,
          under: 0.79,
        },
      ],
      says: "81% of the budget of the tenant acme for the month is used.",
      labels: { payer: "tenant", name: "acme", period: "month" },
    },
  },
  {
    name: "UnusualCost",
    when: {
      value: `${COST} / ${COST_BEFORE}`,
      is: ">",
      threshold: 3,
      guard: { value: COST, above: 0.001 },
    },
    for: "10m",
    severity: "warning",
    component: "cost",
    team: "product",
    summary: "Calls cost more than three times what they did",
    description: "Calls cost {{ $value | humanize }} times as much as at the same time a day before.",
    runbook: {
      meaning:
        "The last hour cost more than three times what the same hour did a day before. Quiet on the first day.",
      impact: "Budgets are used up before their period ends.",
      diagnosis: [
        {
          look: "Which tool and tenant?",
          command: ask("topk(5, sum by (tenant, tool) (rate(sark_gateway_cost_total[1h])))"),
        },
        {
          look: "Which user?",
          command: ask("topk(5, sum by (user) (rate(sark_gateway_user_cost_total[1h])))"),
        },
      ],
      remedy: ["Stop the agent that calls in a loop, or set a budget or limit for it (docs/quotas.md)."],
    },
    window: 60,
    proof: {
      inputs: [
        {
          series: 'sark_gateway_cost_total{tenant="acme", tool="search"}',
          firing: 3.1,
          under: 2.9,
          before: 1,
        },
      ],
      step: 10,
      before: 151,
      settles: 6,
      says: "Calls cost 3.1 times as much as at the same time a day before.",
    },
  },
];
