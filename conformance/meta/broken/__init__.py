"""Broken backends: each misbehaves in one way, and says which clauses speak of that way."""
