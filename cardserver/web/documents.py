"""Papers that are owed."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import documents
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import OwedQuery, row
from cardserver.wire_documents import (
    DocumentList,
    DocumentView,
    HandoverRequest,
    PrintReport,
    ReprintRequest,
)

api = APIBlueprint("documents", __name__, tag="Papers")

_ONE = f"/documents/{row('document_id')}"


@api.get("/documents/owed")
@permit(Action.PRINT)
@api.input(OwedQuery, location="query")
@api.output(DocumentList)
def documents_owed(query_data: OwedQuery) -> DocumentList:
    """List papers that are not known to have come out."""
    return documents.documents_owed(estate(), caller(), query_data.station)


@api.get(_ONE)
@permit(Action.PRINT)
@api.output(DocumentView)
def document(document_id: int) -> DocumentView:
    """Show one paper."""
    return documents.document(estate(), caller(), document_id)


@api.post(f"{_ONE}/prints")
@permit(Action.PRINT)
@api.input(PrintReport)
@api.output(DocumentView)
def record_print(document_id: int, json_data: PrintReport) -> DocumentView:
    """Report what became of a print job."""
    return documents.record_print(estate(), caller(), document_id, json_data)


@api.post(f"{_ONE}/reprints")
@permit(Action.PRINT)
@api.input(ReprintRequest)
@api.output(DocumentView)
def reprint(document_id: int, json_data: ReprintRequest) -> DocumentView:
    """Ask for one more paper."""
    return documents.reprint(estate(), caller(), document_id, json_data)


@api.post(f"{_ONE}/handover")
@permit(Action.PRINT)
@api.input(HandoverRequest)
@api.output(DocumentView)
def hand_over(document_id: int, json_data: HandoverRequest) -> DocumentView:
    """Report that a printed paper left our hands."""
    return documents.hand_over(estate(), caller(), document_id, json_data)
