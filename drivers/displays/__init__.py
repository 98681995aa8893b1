"""Text displays beside a lane: one file a protocol, found by its name in the configuration."""
