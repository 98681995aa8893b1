"""docs/requirements.md maps every class-A rule of the front desk, card and gate to its proof.

A row is ``| id | what holds | `path::test` … |``. A rule without a row, a row without a test, a
test that is not there or does not speak of its rule: each fails here.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "requirements.md"


def numbered(family: str, *numbers: int) -> list[str]:
    return [f"{family}-{number:02d}" for number in numbers]


CLASS_A = (
    numbered("CAL", *range(1, 4))
    + numbered("IC", *range(1, 24))
    + numbered("PARK", *range(1, 14))
    + numbered("GATE", 1, 2, 5, 7)
    + numbered("FEE", 1, 2, 3, 4, 5, 8, 9, 10, *range(21, 26), *range(32, 39))
)
"""The 63 rules of class A: what a card station has to hold."""

HOOKS = numbered("GATE", 3, 4, 6)
"""Rules of class B that a gate already has its part of: worker passes, goods slips, material."""

ROW = re.compile(r"^\| ([A-Z]+-\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def rows() -> dict[str, list[tuple[str, str]]]:
    found = ROW.findall(TABLE.read_text(encoding="utf-8"))
    return {rule: PROOF.findall(proofs) for rule, _, proofs in found}


@dataclass(frozen=True, slots=True)
class Module:
    """What a module of tests says at its beginning, and every test of it with its own source."""

    opening: str
    tests: dict[str, str]


@cache
def module_at(path: str) -> Module:
    source = (ROOT / path).read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    tests = {node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in found}
    return Module(ast.get_docstring(tree) or "", tests)


def test_there_are_sixty_three_rules_of_class_a() -> None:
    assert len(CLASS_A) == len(set(CLASS_A)) == 63


def test_every_rule_of_class_a_and_every_hook_has_its_row_and_every_row_is_one() -> None:
    assert sorted(rows()) == sorted(CLASS_A + HOOKS)


@pytest.mark.parametrize("rule", CLASS_A + HOOKS)
def test_a_rule_with_a_row_is_proved_by_tests_that_speak_of_it(rule: str) -> None:
    proofs = rows().get(rule, [])
    assert proofs, f"{rule} has no test"
    family, number = rule.split("-")
    named = re.compile(rf"{family}[-_]{number}", re.IGNORECASE)
    for path, test in proofs:
        module = module_at(path)
        assert test in module.tests, f"{path} has no {test}"
        said = test + module.tests[test] + module.opening
        assert named.search(said), f"{test} does not speak of {rule}"
