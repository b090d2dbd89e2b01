DROP FUNCTION metrics.redeem_live_ticket(bytea);
DROP TABLE metrics.live_tickets;
