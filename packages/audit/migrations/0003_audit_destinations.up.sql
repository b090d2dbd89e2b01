-- Where events are delivered to. Everything below `cursor_seq` has been acknowledged by the destination or stands in its
-- quarantine; retention drops nothing at or above the lowest cursor of an enabled one.
CREATE TABLE audit_destinations (
  name       text        PRIMARY KEY,
  enabled    boolean     NOT NULL DEFAULT true,
  cursor_seq bigint      NOT NULL DEFAULT 0 CHECK (cursor_seq >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);
