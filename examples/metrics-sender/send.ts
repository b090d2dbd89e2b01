// Sends an hour of a team's work. Events have ids of their own: run twice, it counts once.
import { createMetricsSender } from "@sark/metrics-sender";

const { METRICS_URL: url = "http://127.0.0.1:8100", METRICS_KEY: apiKey } = process.env;
if (apiKey === undefined) {
  throw new Error("Set METRICS_KEY to a key with the role sender.");
}

const sender = createMetricsSender({
  url,
  apiKey,
  maxBatch: 100,
  onRefused: ({ event, message }) => console.log(`refused: ${event.user_id}: ${message}`),
  onRetry: (reason, waitMs) => console.log(`sent again in ${Math.round(waitMs)} ms: ${reason}`),
});

const HOUR_MS = 3_600_000;
const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
const team = ["alice", "bob", "carol", "dave"];
for (let minute = 0; minute < 60; minute += 1) {
  const occurred_at = new Date(hour + minute * 60_000).toISOString();
  for (const user_id of team) {
    const id = `example-${user_id}-${occurred_at}`;
    if (minute % 15 === 0) {
      sender.score({
        id,
        user_id,
        score: 60 + ((minute + user_id.length) % 40),
        team: "research",
        occurred_at,
      });
    } else {
      sender.activity({ id, user_id, type: "document.edited", occurred_at });
    }
  }
}
// No score is above 100: it is refused, and the others of its batch are taken.
sender.score({ id: `example-zoe-${hour}`, user_id: "zoe", score: 101 });

const { unsent } = await sender.close(30_000);
const { accepted, duplicates, refused, dropped } = sender.stats();
console.log(`sent: ${accepted} accepted, ${duplicates} there before, ${refused} refused, ${dropped} dropped`);
process.exitCode = unsent.length > 0 ? 1 : 0;
