"""What desk, kiosk and gate share: devices, the card operations, words, events."""
