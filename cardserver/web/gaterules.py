"""The rules of the gates: what stands, what stood, and a new version."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import gaterules
from cardserver.web.auth import caller, estate, permit
from cardserver.wire_gates import (
    CheckRulesRequest,
    RulesChecked,
    RulesHistory,
    RulesOnFile,
    SetRulesRequest,
)

api = APIBlueprint("gaterules", __name__, tag="Gates")


@api.get("/gate-rules")
@permit(Action.READ_GATE_RULES)
@api.output(RulesOnFile)
def rules() -> RulesOnFile:
    """Show the rules that stand now."""
    return gaterules.rules_on_file(estate(), caller())


@api.get("/gate-rules/history")
@permit(Action.READ_GATE_RULES)
@api.output(RulesHistory)
def history() -> RulesHistory:
    """List the versions there were, with names and times."""
    return gaterules.rules_history(estate(), caller())


@api.post("/gate-rules/check")
@permit(Action.READ_GATE_RULES)
@api.input(CheckRulesRequest)
@api.output(RulesChecked)
def check(json_data: CheckRulesRequest) -> RulesChecked:
    """Look a document through; everything that is to be put right comes back at once."""
    return gaterules.check_rules(estate(), caller(), json_data)


@api.post("/gate-rules")
@permit(Action.SET_GATE_RULES)
@api.input(SetRulesRequest)
@api.output(RulesOnFile)
def put(json_data: SetRulesRequest) -> RulesOnFile:
    """Put a new version on file; gates have it within seconds."""
    return gaterules.set_rules(estate(), caller(), json_data)
