"""Putting people on file in a test, through the public use cases."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from cardserver.domain.rights import HolderClass
from cardserver.services import people, units
from cardserver.wire_people import (
    ChangeHolderRequest,
    EndHolderRequest,
    FileHolderRequest,
    HolderDetails,
    PersonView,
)
from cardserver.wire_units import FileUnitRequest
from tests.databases.frontdesk import FrontDesk, new_id

LEASE: dict[str, Any] = {
    "lease_number": "ZL-7",
    "lease_start": date(2025, 2, 1),
    "lease_end": date(2026, 1, 31),
}


@dataclass
class Cabinet:
    """The files of an estate."""

    desk: FrontDesk

    def unit(self, label: str, zones: tuple[int, ...] = (0,)) -> int:
        request = FileUnitRequest(request_id=new_id(), label=label, zones=zones)
        return units.file_unit(self.desk.estate, self.desk.caller, request).unit_id

    def file(
        self, name: str, kind: HolderClass, unit: int | None, *, co_owner: bool = False, **more: Any
    ) -> PersonView:
        details = HolderDetails(name=name, holder_class=kind, unit_id=unit, **more)
        request = FileHolderRequest(request_id=new_id(), details=details, co_owner=co_owner)
        return people.file_holder(self.desk.estate, self.desk.caller, request)

    def owner(self, name: str, unit: int, **more: Any) -> PersonView:
        return self.file(name, HolderClass.OWNER, unit, **more)

    def family(self, name: str, unit: int, **more: Any) -> PersonView:
        return self.file(name, HolderClass.FAMILY, unit, **{"relation": "配偶", **more})

    def tenant(self, name: str, unit: int, **more: Any) -> PersonView:
        return self.file(name, HolderClass.TENANT, unit, **{**LEASE, **more})

    def change(self, person: PersonView, *, version: int | None = None, **more: Any) -> PersonView:
        fields = ("name", "holder_class", "unit_id", "company", "lease_start", "lease_end")
        texts = ("relation", "lease_number", "section")
        kept = {each: getattr(person, each) for each in (*fields, "principal_id", "contract_end")}
        kept |= {each: getattr(person, each) or None for each in texts}
        request = ChangeHolderRequest(
            request_id=new_id(),
            version=person.version if version is None else version,
            details=HolderDetails(**kept | more),
            reason="资料更正",
        )
        return people.change_holder(self.desk.estate, self.desk.caller, person.holder_id, request)

    def end(self, person: PersonView, last_day: date | None) -> PersonView:
        request = EndHolderRequest(
            request_id=new_id(), version=person.version, last_day=last_day, reason="搬走"
        )
        return people.end_holder(self.desk.estate, self.desk.caller, person.holder_id, request)
