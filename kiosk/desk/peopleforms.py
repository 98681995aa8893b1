"""What the forms about people and units say, as requests to the server.

An empty field is no word at all; a field that a person has to fill in says so by its own problem.
"""

import re
from collections.abc import Mapping

from cardserver.domain.errors import RuleViolation
from cardserver.domain.rights import MAX_ZONE, HolderClass
from cardserver.wire_people import HolderDetails
from kiosk.desk.asking import words
from kiosk.station.typed import day_or_none

_LONGEST = 60
_ROW = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_ZONE = re.compile(r"[0-9]{1,2}", re.ASCII)


def _word(form: Mapping[str, str], field: str) -> str | None:
    text = " ".join(form.get(field, "").split())
    if len(text) > _LONGEST:
        raise RuleViolation("field-too-long")
    return text or None


def number(form: Mapping[str, str], field: str) -> int | None:
    """A row number that a form of ours carried; None where it carries none."""
    text = form.get(field, "")
    return int(text) if _ROW.fullmatch(text) else None


def name_of(form: Mapping[str, str]) -> str:
    """A name. Raises RuleViolation ``name-missing``, ``field-too-long``."""
    name = _word(form, "name")
    if name is None:
        raise RuleViolation("name-missing")
    return name


def optional(form: Mapping[str, str], field: str) -> str | None:
    """A text that may be left out. Raises RuleViolation ``field-too-long``."""
    return _word(form, field)


def details(form: Mapping[str, str], holder_class: HolderClass) -> HolderDetails:
    """A person's file as typed. Raises RuleViolation."""
    tenant = holder_class is HolderClass.TENANT
    return HolderDetails(
        name=name_of(form),
        holder_class=holder_class,
        unit_id=number(form, "unit_id"),
        phone=_word(form, "phone"),
        id_number=_word(form, "id_number"),
        relation=_word(form, "relation"),
        company=holder_class is HolderClass.OWNER and "company" in form,
        lease_number=_word(form, "lease_number") if tenant else None,
        lease_start=day_or_none(form.get("lease_start", "")) if tenant else None,
        lease_end=day_or_none(form.get("lease_end", "")) if tenant else None,
        principal_id=number(form, "principal_id") if tenant else None,
        contract_end=day_or_none(form.get("contract_end", "")),
        section=_word(form, "section"),
    )


def reason_of(form: Mapping[str, str]) -> str:
    """Why a file is changed. Raises RuleViolation ``reason-missing``."""
    return words(form.get("reason", ""), "reason-missing")


def zones(form: Mapping[str, str]) -> tuple[int, ...]:
    """Door zones as typed: ``0, 3``. Raises RuleViolation ``zones-unclear``."""
    typed = form.get("zones", "").replace("，", ",").replace("、", ",").replace(" ", ",")
    parts = [part for part in typed.split(",") if part]
    plain = all(_ZONE.fullmatch(part) for part in parts)
    if not parts or not plain or any(int(part) > MAX_ZONE for part in parts):
        raise RuleViolation("zones-unclear")
    return tuple(sorted({int(part) for part in parts}))
