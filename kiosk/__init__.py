"""Stations: the front desk, the self-service kiosk and the gate, and what they share."""
