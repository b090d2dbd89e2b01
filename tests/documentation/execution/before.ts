/** What a page takes for granted: commands in front of its own. */
export const before: Readonly<Record<string, string>> = {
  "docs/audit/delivery.md": `
curl -s -H "X-API-Key: $ADMIN_KEY" http://127.0.0.1:8000/api/v1/audit/checkpoint > from-the-siem.json
`,
  // The auditor's copy of the key.
  "docs/audit/receipts.md": "cp .sark/audit-log.vkey .",
  "docs/audit/verify.md": "cp .sark/audit-log.vkey .",
  "docs/migration.md": "echo rows > sark-python.dump",
  "docs/monitoring/gateway/ALERT_RUNBOOKS.md": `
echo '{ "policy": { "directory": "policies" } }' > sark.json
echo '{"component":"database"}' > metrics.log
# There was no exception yet.
touch .sark/logs/exceptions.0000000000000000.20260101T000000Z.jsonl
`,
  "docs/webhooks.md": "ADMIN_KEY=$KEY",
  "tools/operations/README.md": `
cp .sark/admin.key gateway.key
cp .sark/audit-log.vkey keys.txt
gateway-admin audit export --format verifiable --output audit.jsonl.gz
`,
  "docs/backup.md": "cp .sark/audit-log.vkey .",
  "docs/monitoring/gateway/OPERATIONS_RUNBOOK.md": `
npm run gateway-admin -- api-keys issue --id alice-laptop --principal alice --role developer
`,
};

/** The same in front of the start of a gateway of the page's own. */
export const beforeStart: Readonly<Record<string, string>> = {
  "docs/logging.md": `
cat > sark.json <<'END'
{ "logging": { "files": {}, "cloudwatch":
  { "region": "eu-central-1", "groupPrefix": "/sark/production/", "endpoint": "http://127.0.0.1:8087" } } }
END
`,
};
