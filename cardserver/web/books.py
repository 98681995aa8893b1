"""Ledger, journal and health."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import accounts, stations
from cardserver.web.auth import caller, estate, permit, public
from cardserver.web.params import JournalQuery
from cardserver.wire_books import Balances, Health, Journal, Trial

api = APIBlueprint("books", __name__, tag="Books and health")


@api.get("/health")
@public
@api.output(Health)
def health() -> Health:
    """Tell version, time and how many operations wait."""
    return stations.health(estate())


@api.get("/ledger/balances")
@permit(Action.REPORTS)
@api.output(Balances)
def balances() -> Balances:
    """Show every account that isn't empty."""
    return accounts.ledger_balances(estate(), caller())


@api.get("/ledger/trial")
@permit(Action.REPORTS)
@api.output(Trial)
def trial() -> Trial:
    """Show where all money is."""
    return accounts.trial(estate(), caller())


@api.get("/journal")
@permit(Action.REPORTS)
@api.input(JournalQuery, location="query")
@api.output(Journal)
def journal(query_data: JournalQuery) -> Journal:
    """Show the latest lines of the audit journal."""
    return accounts.journal(estate(), caller(), query_data.limit)
