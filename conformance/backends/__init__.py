"""Adapters: the only modules that name a library."""
