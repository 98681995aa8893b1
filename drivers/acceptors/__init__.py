"""Banknote acceptors: one file a protocol, found by its name in the configuration."""
