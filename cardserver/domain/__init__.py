"""The rules, pure: no clock, no I/O, no threads, no randomness. Gates import this too."""
