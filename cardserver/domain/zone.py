"""The time zone of the estate's calendar: one for server, stations and gates (CAL-01c)."""

from typing import Final
from zoneinfo import ZoneInfo

ESTATE_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Dates are local dates of the estate, and China has one zone. A server that counted days in
another one than its desks print would contradict its own papers: so there is nothing to set."""
