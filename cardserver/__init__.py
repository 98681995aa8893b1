"""The card server: rules, database, keys and API; `cardserver.domain` runs at gates too."""
