"""Reader drivers: a file exports `DRIVER`."""
