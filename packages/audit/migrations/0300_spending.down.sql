DROP TABLE spending_cursor;
DROP TABLE spending_totals;
DROP TABLE spending_charges;
