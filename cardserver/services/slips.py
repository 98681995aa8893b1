"""Codes of top-up slips are signed here; desks are told the keys that prove them (PARK-07a)."""

import logging

from cardserver.domain.keys import VaultError
from cardserver.domain.slipcode import SlipFacts, code_of
from cardserver.services.turn import Caller, Estate, Turn
from cardserver.wire_documents import DocumentContent
from cardserver.wire_papers import SlipKey, SlipKeys

_log = logging.getLogger(__name__)


def with_code(turn: Turn, number: int, said: DocumentContent) -> DocumentContent:
    """The content of a slip with its code.

    Money that was taken never waits for a signature: where none can be made, a token being out of
    order, the slip goes out with its number alone, by which the desk finds it as well.
    """
    vault = turn.estate.vault
    period = said.period
    if period is None:
        return said
    facts = SlipFacts(
        estate=vault.estate_id,
        key_version=vault.current_version,
        number=number,
        card_number=said.card_number,
        amount_fen=said.total_fen,
        first=period.first,
        last=period.last,
    )
    try:
        code = code_of(facts, vault.sign(facts.message(), facts.key_version))
    except VaultError as error:
        _log.error("slip %d was not signed: %s", number, error)
        return said
    return said.model_copy(update={"slip_code": code})


def slip_keys(estate: Estate, _caller: Caller) -> SlipKeys:
    """The public keys of all versions: an old slip is as good as a new one."""
    vault = estate.vault
    return SlipKeys(
        estate=vault.estate_id,
        keys=tuple(
            SlipKey(
                version=each.version,
                public_key=vault.public_key(each.version).public_bytes_raw(),
            )
            for each in vault.versions()
        ),
    )
