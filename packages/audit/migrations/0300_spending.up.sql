-- What calls cost. The audit log is the journal: the record of a call's end says what it cost. These tables are what
-- follows from it, plus what is reserved for calls that run. Amounts are whole billionths of the currency.

-- One row for each call that has a price, by the id that its records carry (`metadata.spending.id`).
--   open      it runs, or its process ended in the middle; `amount` is what is reserved
--   settled   its end is known; `amount` is what it cost
--   presumed  it was begun, and its end was not recorded in time: it counts with what was reserved
--   released  it was never begun
CREATE TABLE spending_charges (
  id         uuid        PRIMARY KEY,
  payers     jsonb       NOT NULL,
  at         timestamptz NOT NULL,
  state      text        NOT NULL CHECK (state IN ('open', 'settled', 'presumed', 'released')),
  reserved   bigint      NOT NULL CHECK (reserved >= 0),
  amount     bigint      NOT NULL CHECK (amount >= 0),
  begun      boolean     NOT NULL DEFAULT false,
  settled_at timestamptz
);
CREATE INDEX ix_spending_charges_open ON spending_charges (at) WHERE state = 'open';
CREATE INDEX ix_spending_charges_at ON spending_charges (at);

-- What each payer has spent in each day and month, UTC. `adjusted` is what operators added or gave back.
CREATE TABLE spending_totals (
  payer    text     NOT NULL,
  period   text     NOT NULL CHECK (period IN ('day', 'month')),
  starts   date     NOT NULL,
  spent    bigint   NOT NULL DEFAULT 0,
  reserved bigint   NOT NULL DEFAULT 0,
  adjusted bigint   NOT NULL DEFAULT 0,
  warned   smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (payer, period, starts)
);

-- Records below `next_seq` have been looked at.
CREATE TABLE spending_cursor (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  next_seq  bigint  NOT NULL
);
INSERT INTO spending_cursor (next_seq) SELECT next_seq FROM gateway_audit_head;
