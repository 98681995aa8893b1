"""What a web application makes anew each time it is built, made once a process.

A production process builds its pages once; here they are built a thousand times, always from the
same rules and templates. So a rule's address builder and a template's code are remembered. Both
depend on nothing but the text they are made from, which is the name they are remembered under.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


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
