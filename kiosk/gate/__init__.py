"""The gate: lanes that read a card, decide alone and open."""
