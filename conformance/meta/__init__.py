"""Tests of the harness itself: grammar, tracing, layers, tolerance, records, and backends that misbehave on purpose."""
