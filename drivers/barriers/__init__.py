"""Barriers: one file a family of relay boards, found by its name in the configuration."""
