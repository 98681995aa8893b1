"""The self-service kiosk: a resident tops up parking alone."""
