"""The laws: what holds for every row of an operation table, whatever the operation."""
