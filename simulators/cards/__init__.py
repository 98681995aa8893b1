"""Virtual cards: memory, keys and real error behaviour behind command APDUs."""
