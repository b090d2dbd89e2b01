import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertmanagerConfiguration } from "@sark/monitoring";
import {
  requireServer,
  startAlertmanager,
  startMailReceiver,
  type Alertmanager,
  type MailReceiver,
  type PostedAlert,
  type ReceivedMail,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { scaleRoutes } from "../incidents/scale-durations.ts";

const TEMPLATES = join(import.meta.dirname, "../../monitoring/alertmanager/templates/*.tmpl");
const RUNBOOKS = "https://docs.example.com/sark/";
const TO = "security@example.com";

describe.skipIf(requireServer("released-alertmanager") === null)(
  "mail of a real Alertmanager to a real SMTP server [ALR-7]",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-mail-"));
    const open: Alertmanager[] = [];
    let receiver: MailReceiver;
    let alertmanager: Alertmanager;

    /** With the server's authority, or without. */
    async function start(more: { readonly caFile?: string }): Promise<Alertmanager> {
      const passwordFile = join(folder, "password");
      writeFileSync(passwordFile, receiver.password);
      const server = `127.0.0.1:${receiver.port}`;
      const email = {
        to: TO,
        from: "alerts@example.com",
        server,
        user: receiver.user,
        passwordFile,
        ...more,
      };
      const configuration = scaleRoutes(
        alertmanagerConfiguration({ email, runbooksUrl: RUNBOOKS }, TEMPLATES),
        100,
      );
      const started = await startAlertmanager(configuration, "released-alertmanager");
      open.push(started);
      return started;
    }

    beforeAll(async () => {
      receiver = await startMailReceiver();
      const caFile = join(folder, "authority.pem");
      writeFileSync(caFile, receiver.authority);
      alertmanager = await start({ caFile });
    });
    afterAll(async () => {
      await Promise.all(open.map((one) => one.close()));
      await receiver.close();
      rmSync(folder, { recursive: true });
    });

    const alert = (alertname: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
      labels: { alertname, severity: "critical", component: "security", team: "security", ...more.labels },
      annotations: {
        summary: "Many credentials of one address are refused",
        description: "192.0.2.7 was refused 312 times for 5 minutes.",
        runbook_url: "https://example.com/docs/monitoring/gateway/ALERT_RUNBOOKS.md#securitybreachsuspected",
        ...more.annotations,
      },
      startsAt: "2026-11-28T10:00:00Z",
      generatorURL: "http://prometheus.example.com:9090/graph?g0.expr=up&g0.tab=1",
    });
    const mail = (text: string): Promise<ReceivedMail> =>
      vi.waitFor(() => {
        const found = receiver.mails.find(({ parsed }) => parsed.text?.includes(text));
        if (found === undefined) {
          throw new Error(`no mail has ${text}`);
        }
        return found;
      });

    it("comes over TLS, from the user of the configuration, and says what, how bad, since when and what to do", async () => {
      await alertmanager.post([alert("SecurityBreachSuspected")]);
      const { secure, user, to, parsed } = await mail("SecurityBreachSuspected");
      expect({ secure, user, to }).toEqual({ secure: true, user: receiver.user, to: [TO] });
      expect(parsed.subject).toBe("CRITICAL: Many credentials of one address are refused");
      expect(parsed.text).toContain("SecurityBreachSuspected (critical, security, security team)");
      const said = [
        "How bad: 192.0.2.7 was refused 312 times for 5 minutes.",
        "Since: 2026-11-28 10:00:00 UTC",
        "What to do: ",
      ];
      for (const each of said) {
        expect(parsed.text).toContain(`- ${each}`);
        expect(parsed.html).toContain(`<li>${each}`);
      }
      const runbook = "https://example.com/docs/monitoring/gateway/ALERT_RUNBOOKS.md#securitybreachsuspected";
      expect(parsed.text).toContain(`- What to do: ${runbook}`);
      expect(parsed.html).toContain(`<a href="${runbook}">${runbook}</a>`);
      expect(parsed.html).toContain(
        '<a href="http://prometheus.example.com:9090/graph?g0.expr=up&amp;g0.tab=1">The query</a>',
      );
    });

    it("is another one when it is over", async () => {
      const path = "docs/monitoring/gateway/ALERT_RUNBOOKS.md#securitybreachsuspected";
      const posted = alert("BriefBreach", { annotations: { runbook_url: path } });
      await alertmanager.post([posted]);
      const { text, html } = (await mail("BriefBreach")).parsed;
      expect(text).toContain(`- What to do: ${RUNBOOKS}${path}\n`);
      expect(html).toContain(`<li>What to do: ${RUNBOOKS}${path}</li>`);
      await alertmanager.post([{ ...posted, endsAt: new Date().toISOString() }]);
      const { parsed } = await mail("Over: BriefBreach");
      expect(parsed.subject).toBe("RESOLVED: Many credentials of one address are refused");
      expect(parsed.text).toMatch(/Since: 2026-11-28 10:00:00 UTC, over since \d{4}-/);
    });

    it("has nothing of a label or annotation as HTML, as a header, or as a line of its own", async () => {
      const hostile =
        '<img src=x onerror=alert(1)></title><script>alert(1)</script>\r\nBcc: all@example.com\r\n\r\n- What to do: "http://evil.example"';
      await alertmanager.post([
        alert("HostileValues", {
          labels: { instance: hostile },
          annotations: { summary: hostile, description: hostile, runbook_url: "javascript:alert(1)" },
        }),
      ]);
      const { to, source, parsed } = await mail("HostileValues");
      expect(to).toEqual([TO]);
      expect(source).not.toMatch(/^Bcc:/im);
      expect(parsed.headers.map(({ key }) => key)).not.toContain("bcc");
      expect(parsed.subject).toContain("</script> Bcc: all@example.com - What to do:");
      expect(parsed.text?.match(/^- What to do: .*$/gm)).toEqual([
        `- What to do: ${RUNBOOKS}javascript:alert(1)`,
      ]);
      expect(parsed.html?.match(/<(?:script|img|a)\b[^>]*>/g)).toEqual([
        expect.stringContaining("prometheus.example.com"),
        expect.stringContaining('<a href="http'),
      ]);
      expect(parsed.html).toContain("&lt;script&gt;");
    });

    it("does not go to a server whose certificate is of an authority that is not known", async () => {
      const unknowing = await start({});
      await unknowing.post([alert("NeverSent")]);
      await vi.waitFor(() => expect(receiver.problems).toContain("Failed to establish TLS session"));
      expect(receiver.mails.filter(({ source }) => source.includes("NeverSent"))).toEqual([]);
    });
  },
);
