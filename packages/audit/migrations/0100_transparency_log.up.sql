-- The Merkle tree over `gateway_audit_events.leaf_hash` in order of `seq`, as tiles of C2SP tlog-tiles. Each tile
-- stands here once, at its widest: a narrower one is its beginning.
CREATE TABLE gateway_audit_tiles (
  level  smallint NOT NULL CHECK (level BETWEEN 0 AND 63),
  index  bigint   NOT NULL CHECK (index >= 0),
  width  smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
  hashes bytea    NOT NULL CHECK (octet_length(hashes) = 32 * width),
  PRIMARY KEY (level, index)
);
-- Hashes do not compress: trying costs time and nothing else.
ALTER TABLE gateway_audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Tree heads. A row is committed before it is signed, so that no crash can lead to two trees of one size.
CREATE TABLE gateway_audit_checkpoints (
  size       bigint      PRIMARY KEY CHECK (size > 0),
  root       bytea       NOT NULL CHECK (octet_length(root) = 32),
  note       text,
  decided_at timestamptz NOT NULL DEFAULT now(),
  time_stamp bytea
);
CREATE INDEX ix_gateway_audit_checkpoints_signed ON gateway_audit_checkpoints (size) WHERE note IS NOT NULL;
