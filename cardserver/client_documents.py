"""Calls about numbered papers: printed, printed again, handed over."""

from cardserver.clientbase import Calls
from cardserver.domain.document import PrintResult
from cardserver.wire_documents import (
    DocumentList,
    DocumentView,
    Handing,
    HandoverRequest,
    PrintReport,
    ReprintRequest,
)


class DocumentCalls(Calls):
    """Numbered papers."""

    def document(self, document_id: int) -> DocumentView:
        """One paper."""
        return self._get(f"/api/documents/{document_id}", DocumentView)

    def documents_owed(self, station: str | None = None) -> list[DocumentView]:
        """Papers that are not known to have come out (FEE-32), of one station or of all."""
        params = {} if station is None else {"station": station}
        return list(self._get("/api/documents/owed", DocumentList, params).documents)

    def record_print(self, document_id: int, print_id: str, result: PrintResult) -> DocumentView:
        """Report what became of a print job."""
        body = PrintReport(print_id=print_id, result=result)
        return self._post(f"/api/documents/{document_id}/prints", body, DocumentView)

    def reprint(self, document_id: int, print_id: str) -> DocumentView:
        """Ask for one more paper; the counter rises unless none ever came out."""
        body = ReprintRequest(print_id=print_id)
        return self._post(f"/api/documents/{document_id}/reprints", body, DocumentView)

    def hand_over(self, document_id: int, handover_id: str, how: Handing) -> DocumentView:
        """Report that a printed paper left our hands; refused with ``not-printed`` before."""
        body = HandoverRequest(handover_id=handover_id, how=how)
        return self._post(f"/api/documents/{document_id}/handover", body, DocumentView)
