"""What an estate and its pages make anew each time they are opened, made once a process.

A production process builds its pages once; here they are built a thousand times, always from the
same rules and templates. So a rule's address builder and a template's code are remembered. Both
depend on nothing but the text they are made from, which is the name they are remembered under.

In the same way an empty store is given its tables: by the statements that the migrations sent the
first time. An empty one has nothing that would be kept under the estate's id. Where a test is about
the migrations themselves, it calls `upgrade_in_full`.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, Final

import alipay
import wechatpayv3.core
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, event, inspect
from werkzeug.routing import Rule

from cardserver.db import upgrade as upgrading
from cardserver.payments import accounts

Sent = list[tuple[str, Any, bool]]
"""Statements with their parameters, and whether those are many rows."""

upgrade_in_full: Final = upgrading.migrate
_ASKS = re.compile(r"\s*(SELECT\b|PRAGMA (main\.)?\w+(\(|$))", re.IGNORECASE)


class RememberedTemplates(BytecodeCache):
    """The code of every template compiled so far; jinja2 compares the checksum of its source."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """See `BytecodeCache`."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See `BytecodeCache`."""
        self._code[bucket.key] = bucket.bytecode_to_string()


def remember_templates() -> None:
    """Let every application compile into the same memory."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": RememberedTemplates()}


def remember_rules() -> None:
    """Let every rule of the same text share the functions that build its address."""
    compile_builder: Callable[..., Any] = Rule._compile_builder
    known: dict[str, Any] = {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:  # a default goes through its converter, which the text does not show
            return compile_builder(rule, append_unknown)
        name = repr((rule._trace, append_unknown))
        if name not in known:
            known[name] = compile_builder(rule, append_unknown)
        return known[name]

    Rule._compile_builder = remembered  # type: ignore[assignment, method-assign]


def remember_keys() -> None:
    """Let all accounts, and the libraries they are handed to, share a private RSA key of the same
    bytes: to read one takes 40 to 50 ms.
    """
    ours, theirs = accounts.__dict__, wechatpayv3.core.__dict__
    ours["load_der_private_key"] = cache(ours["load_der_private_key"])
    theirs["load_private_key"] = cache(theirs["load_private_key"])
    alipay.RSA = SimpleNamespace(importKey=cache(alipay.RSA.importKey))


def remember_schema() -> None:
    """Let all empty stores of a kind share the statements that bring them to a revision."""
    known: dict[tuple[str, str], Sent] = {}

    def remembered(connection: Connection, site: str, revision: str = "head") -> None:
        made = connection.dialect.name, revision
        migrate = partial(upgrade_in_full, connection, site, revision)
        if inspect(connection).get_table_names():
            migrate()
        elif made in known:
            send_again(connection, known[made])
        else:
            known[made] = overheard(connection, migrate)

    upgrading.migrate = remembered


def overheard(connection: Connection, migrate: Callable[[], object]) -> Sent:
    """What the migrations send to an empty store, while they do; their questions are left out."""
    sent: Sent = []

    def hear(*words: Any) -> None:
        _, _, statement, parameters, _, many = words
        if not _ASKS.match(statement):
            sent.append((statement, parameters, many))

    event.listen(connection, "before_cursor_execute", hear)
    try:
        migrate()
    finally:
        event.remove(connection, "before_cursor_execute", hear)
    return sent


def send_again(connection: Connection, sent: Sent) -> None:
    """Do to another empty store what was done to the first."""
    cursor = connection.connection.cursor()
    for statement, parameters, many in sent:
        (cursor.executemany if many else cursor.execute)(statement, parameters)
    cursor.close()
