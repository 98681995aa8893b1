"""Card types: a file exports `DRIVER`, files named after it hold its parts."""
