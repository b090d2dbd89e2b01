DROP TABLE spending_warnings;
