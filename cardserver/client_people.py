"""The desk's calls about people, units, their papers, and owner data from a file."""

import hashlib
from uuid import uuid4

from cardserver.clientbase import Calls
from cardserver.domain.rights import HolderClass
from cardserver.wire_copies import CopyList, CopyRequest, CopyView, FilingRequest
from cardserver.wire_imports import (
    MAX_PART_BYTES,
    FateWord,
    ImportLines,
    ImportList,
    ImportRequest,
    ImportView,
    PartRequest,
    TakeOverRequest,
)
from cardserver.wire_people import (
    PAGE,
    ChangeHolderRequest,
    EndHolderRequest,
    FileHolderRequest,
    PeopleList,
    PersonSheet,
    PersonView,
    Standing,
    Unmasked,
    UnmaskRequest,
)
from cardserver.wire_units import (
    ChangeUnitRequest,
    FileUnitRequest,
    Household,
    Leaving,
    Transferred,
    TransferRequest,
    UnitList,
    UnitView,
)
from cardserver.wirebase import Wire


class _Nothing(Wire):
    """A call that says all in its address."""


class PeopleCalls(Calls):
    """People and units, as a desk sees them."""

    def people(
        self,
        query: str = "",
        *,
        holder_class: HolderClass | None = None,
        standing: Standing = "all",
        page: int = 0,
        limit: int = PAGE,
    ) -> PeopleList:
        """A page of people: those that fit the words, or the latest on file."""
        params = {"query": query, "standing": standing, "page": str(page), "limit": str(limit)}
        if holder_class is not None:
            params["holder_class"] = holder_class
        return self._get("/api/people", PeopleList, params)

    def sheet(self, holder_id: int) -> PersonSheet:
        """All that is on file of one person. Refused with ``not-found``."""
        return self._get(f"/api/people/{holder_id}", PersonSheet)

    def file_holder(self, request: FileHolderRequest) -> PersonView:
        """Put a person on file."""
        return self._post("/api/people", request, PersonView)

    def change_holder(self, holder_id: int, request: ChangeHolderRequest) -> PersonView:
        """Change a file; refused with ``changed-meanwhile``."""
        return self._post(f"/api/people/{holder_id}/changes", request, PersonView)

    def end_holder(self, holder_id: int, request: EndHolderRequest) -> PersonView:
        """Set the last day of belonging here; refused with ``changed-meanwhile``."""
        return self._post(f"/api/people/{holder_id}/end", request, PersonView)

    def unmask(self, holder_id: int, request: UnmaskRequest) -> Unmasked:
        """One hidden field in full; the look is logged."""
        return self._post(f"/api/people/{holder_id}/unmask", request, Unmasked)

    def record_copy(self, holder_id: int, request: CopyRequest) -> CopyList:
        """A copy of a paper was taken."""
        return self._post(f"/api/people/{holder_id}/copies", request, CopyList)

    def unfiled(self, limit: int) -> CopyList:
        """Copies that lie in no folder yet."""
        return self._get("/api/copies/unfiled", CopyList, {"limit": str(limit)})

    def file_copy(self, copy_id: str, request: FilingRequest) -> CopyView:
        """The copy lies in this folder now."""
        return self._post(f"/api/copies/{copy_id}/filing", request, CopyView)

    # --- units

    def units(self, query: str = "", page: int = 0) -> UnitList:
        """A page of units by label."""
        return self._get("/api/units", UnitList, {"query": query, "page": str(page)})

    def household(self, unit_id: int) -> Household:
        """A unit and everybody in it. Refused with ``not-found``."""
        return self._get(f"/api/units/{unit_id}", Household)

    def file_unit(self, request: FileUnitRequest) -> UnitView:
        """Put a unit on file; refused with ``unit-known``."""
        return self._post("/api/units", request, UnitView)

    def change_unit(self, unit_id: int, request: ChangeUnitRequest) -> UnitView:
        """Change a unit; refused with ``changed-meanwhile``."""
        return self._post(f"/api/units/{unit_id}/changes", request, UnitView)

    def leaving(self, unit_id: int) -> Leaving:
        """What ends when the unit changes hands."""
        return self._get(f"/api/units/{unit_id}/leaving", Leaving)

    def transfer(self, unit_id: int, request: TransferRequest) -> Transferred:
        """Change of owner; refused with ``changed-meanwhile``."""
        return self._post(f"/api/units/{unit_id}/transfer", request, Transferred)

    # --- owner data from a file

    def imports(self) -> ImportList:
        """The latest files."""
        return self._get("/api/imports", ImportList)

    def upload(self, name: str, data: bytes) -> ImportView:
        """Send a file in parts and have it previewed; ask `show_import` how far it is."""
        import_id = str(uuid4())
        digest = hashlib.sha256(data).hexdigest()
        request = ImportRequest(import_id=import_id, name=name, size=len(data), sha256=digest)
        self._post("/api/imports", request, ImportView)
        for place, start in enumerate(range(0, len(data), MAX_PART_BYTES)):
            part = PartRequest(part=place, data=data[start : start + MAX_PART_BYTES])
            self._post(f"/api/imports/{import_id}/parts", part, ImportView)
        return self.preview_import(import_id)

    def preview_import(self, import_id: str) -> ImportView:
        """Have the fate of every row worked out, once more if need be."""
        return self._post(f"/api/imports/{import_id}/preview", _Nothing(), ImportView)

    def show_import(self, import_id: str) -> ImportView:
        """A file on its way in, and how far it is."""
        return self._get(f"/api/imports/{import_id}", ImportView)

    def import_lines(self, import_id: str, fate: FateWord | None, page: int) -> ImportLines:
        """A page of the preview."""
        params = {"page": str(page)} | ({} if fate is None else {"fate": fate})
        return self._get(f"/api/imports/{import_id}/lines", ImportLines, params)

    def take_over(self, import_id: str, request: TakeOverRequest) -> ImportView:
        """Take over what was previewed; refused with ``preview-outdated``."""
        return self._post(f"/api/imports/{import_id}/takeover", request, ImportView)

    def drop_import(self, import_id: str) -> ImportView:
        """Let a file go."""
        return self._post(f"/api/imports/{import_id}/drop", _Nothing(), ImportView)
