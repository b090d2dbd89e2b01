-- Warnings of budgets of which there is no event yet: written with the totals that call for them, deleted once the event is
-- committed, which has the id as its `gateway_request_id`. As with all amounts, billionths of the currency.
CREATE TABLE spending_warnings (
  id        uuid        PRIMARY KEY,
  raised_at timestamptz NOT NULL DEFAULT now(),
  payer     text        NOT NULL,
  label     text        NOT NULL,
  period    text        NOT NULL CHECK (period IN ('day', 'month')),
  starts    date        NOT NULL,
  level     smallint    NOT NULL CHECK (level IN (50, 80, 100)),
  "limit"   bigint      NOT NULL,
  hard      boolean     NOT NULL,
  spent     bigint      NOT NULL,
  reserved  bigint      NOT NULL,
  adjusted  bigint      NOT NULL
);
