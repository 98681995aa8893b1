"""The rules of the house that no other tool holds: imports, drivers, words, promises.

Each import contract of pyproject.toml is shown to hold, and to fail when an offending import is
planted in the graph of the real code: a contract that can't fail protects nothing.
"""

import ast
import copy
import importlib
import importlib.metadata
import re
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.api import read_configuration
from importlinter.contracts import acyclic_siblings, forbidden, independence, layers, protected
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from drivers import loader
from drivers.api import acceptors, barriers, cards, codes, displays, readers
from kiosk import cli

ROOT = Path(__file__).parent.parent
PACKAGES = ("cardserver", "drivers", "kiosk", "printer", "simulators")
PRODUCT = ("cardserver", "drivers", "kiosk", "printer")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project as git sees it: tracked or new, not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def sources(*folders: str) -> list[Path]:
    """Python files under these folders of the project."""
    inside = [path for path in files() if path.relative_to(ROOT).parts[0] in folders]
    return [path for path in inside if path.suffix == ".py"]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def where(path: Path, node: Any = None) -> str:
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{node.lineno}" if node else name


# --- import contracts ----------------------------------------------------------------------------

CONTRACT_TYPES: dict[str, type[Contract]] = {
    "acyclic_siblings": acyclic_siblings.AcyclicSiblingsContract,
    "forbidden": forbidden.ForbiddenContract,
    "independence": independence.IndependenceContract,
    "layers": layers.LayersContract,
    "protected": protected.ProtectedContract,
}
LINTER = read_configuration(str(ROOT / "pyproject.toml"))
CONTRACTS = {options["id"]: options for options in LINTER["contracts_options"]}

# One import is planted at a time: who imports whom.
PLANTS = [
    ("stack", "kiosk.cli", "simulators.reader"),
    ("stack", "drivers.apdu", "cardserver.domain.money"),
    ("stack", "printer.width", "drivers.errors"),
    ("stack", "drivers.errors", "printer.errors"),
    ("stack", "cardserver.domain.money", "kiosk.cli"),
    ("server-without-hardware", "cardserver.domain.keys", "drivers.api"),
    ("server-without-hardware", "cardserver.wire_cards", "printer.errors"),
    ("server-without-hardware", "cardserver.client", "serial"),
    ("server-inside", "cardserver.domain.money", "cardserver.wire_cards"),
    ("server-inside", "cardserver.client", "cardserver.db"),
    ("server-inside", "cardserver.services", "cardserver.web"),
    ("server-inside", "cardserver.module_without_a_place", "cardserver.domain"),
    *(
        ("domain-pure", "cardserver.domain.admission", name)
        for name in CONTRACTS["domain-pure"]["forbidden_modules"]
    ),
    ("station-seam", "kiosk.desk", "cardserver.db"),
    ("station-seam", "kiosk.station.web", "cardserver.services"),
    ("station-seam", "kiosk.cli", "cardserver.web"),
    ("one-smartcard", "drivers.apdu", "smartcard"),
    ("one-serial", "printer.width", "serial"),
    ("one-osdp", "drivers.readers.wiegand", "osdp"),
    ("one-osdp", "kiosk.gate", "osdp_sys"),
    ("one-escpos", "kiosk.cli", "escpos"),
    ("one-database", "kiosk.gate", "sqlalchemy"),
    ("one-database", "cardserver.web", "alembic"),
    ("one-payment-line", "cardserver.services", "requests"),
    ("one-payment-line", "cardserver.payments.loader", "wechatpayv3"),
    ("one-payment-line", "cardserver.web", "alipay"),
    ("faces-apart", "kiosk.desk", "kiosk.gate"),
    ("faces-apart", "kiosk.gate", "kiosk.selfservice"),
    ("faces-apart", "kiosk.selfservice", "kiosk.desk"),
    ("no-cycles", "drivers.errors", "drivers.api"),
]


@cache
def import_graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def is_kept(contract_id: str, graph: grimp.ImportGraph) -> bool:
    options = CONTRACTS[contract_id]
    kind = CONTRACT_TYPES[options["type"]]
    contract = kind(options["name"], LINTER["session_options"], options)
    return contract.check(graph, verbose=False).kept


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_an_import_contract_holds(contract_id: str) -> None:
    assert is_kept(contract_id, copy.deepcopy(import_graph()))


@pytest.mark.parametrize(("contract_id", "importer", "imported"), PLANTS)
def test_an_import_contract_fails_on_a_planted_import(
    contract_id: str, importer: str, imported: str
) -> None:
    graph = copy.deepcopy(import_graph())
    for name in (importer, imported):
        if name not in graph.modules:
            graph.add_module(name)
    if contract_id == "no-cycles":
        graph.add_import(importer=imported, imported=importer)
    graph.add_import(importer=importer, imported=imported)
    assert not is_kept(contract_id, graph)


def test_every_import_contract_has_a_plant() -> None:
    assert {contract_id for contract_id, _, _ in PLANTS} == set(CONTRACTS)


# --- drivers -------------------------------------------------------------------------------------

RECORDS: dict[str, type | tuple[type, ...]] = {
    "acceptors": acceptors.AcceptorDriver,
    "barriers": barriers.BarrierDriver,
    "cards": cards.CardDriver,
    "displays": displays.DisplayDriver,
    "readers": (readers.ReaderDriver, codes.CodeReaderDriver),
}
FOLDERS = {path.parent.name for path in sources("drivers") if path.parent.parent != ROOT}
KINDS = sorted(FOLDERS - {"api"})  # every folder holds drivers, but that of their seams


def exports_driver(path: Path) -> bool:
    targets = [
        target
        for node in tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return any(isinstance(target, ast.Name) and target.id == "DRIVER" for target in targets)


DRIVER_FILES = [
    path
    for path in sources("drivers")
    if path.parent.name in KINDS and path.name != "__init__.py" and exports_driver(path)
]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", DRIVER_FILES, ids=where)
def test_a_driver_file_says_what_it_drives_and_bears_its_drivers_name(path: Path) -> None:
    assert ast.get_docstring(tree(path)), f"{where(path)} has no docstring"
    driver = importlib.import_module(module_name(path)).DRIVER
    assert driver.name.replace("-", "_") == path.stem
    assert isinstance(driver, RECORDS[path.parent.name])


@pytest.mark.parametrize("kind", KINDS)
def test_the_loader_finds_what_the_folder_holds(kind: str) -> None:
    held = [path.stem for path in DRIVER_FILES if path.parent.name == kind]
    assert held, f"drivers/{kind} holds no driver"
    assert loader.names(kind) == held


def test_a_file_beside_the_drivers_that_is_none_is_used_by_something() -> None:
    """So that a driver can't lose its DRIVER unnoticed."""
    unused = [
        where(path)
        for path in sources("drivers")
        if path.parent.name in KINDS and path.name != "__init__.py"
        if path not in DRIVER_FILES
        if not import_graph().find_modules_that_directly_import(module_name(path))
    ]
    assert unused == []


def test_no_driver_leans_on_another() -> None:
    """A driver's family is its file and those whose names begin with its name."""
    drivers = [module_name(path) for path in DRIVER_FILES]

    def family(module: str) -> str | None:
        return next((d for d in drivers if module == d or module.startswith(f"{d}_")), None)

    leaning = [
        f"{importer} imports {imported}"
        for importer in import_graph().modules
        for imported in import_graph().find_modules_directly_imported_by(importer)
        if family(importer) and family(imported) and family(importer) != family(imported)
    ]
    assert leaning == []


def test_no_production_module_chooses_the_challenge_of_an_authentication() -> None:
    """RndA is injected by tests alone, to replay recorded exchanges."""
    chosen = [
        where(path, node)
        for path in sources("drivers", "kiosk", "cardserver")
        if not path.relative_to(ROOT).as_posix().startswith("drivers/cards/desfire")
        for node in nodes(path)
        if isinstance(node, ast.keyword) and node.arg == "challenge"
    ]
    assert chosen == []


# --- words ---------------------------------------------------------------------------------------

BANNED_WORDS = {
    "user": "holder or operator",
    "users": "holders or operators",
    "customer": "holder",
    "customers": "holders",
    "cardholder": "holder",
    "whitelist": "snapshot",
    "blacklist": "deny list",
    "boom": "barrier",
}
# NXP's own words for a trailer's tenth byte and an NTAG's memory; whoever pays; an office's name.
PERMITTED = ("USER_BYTE", "user_byte", "USER_PAGE", "CUSTOMER", "CUSTOMER_SERVICE_HEAD")
BANNED_ENDINGS = ("Manager", "Helper", "Helpers", "Util", "Utils", "Handler", "Service")


def names(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Every name that a module gives to something, with the place where it does."""
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.arg):
            yield node.arg, node
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node


def test_names_use_the_words_of_the_glossary() -> None:
    wrong = [
        f"{where(path, node)}: {name} (say {BANNED_WORDS[word.lower()]})"
        for path in sources(*PACKAGES)
        for name, node in names(path)
        if not name.endswith(PERMITTED)
        for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])", name)
        if word.lower() in BANNED_WORDS
    ]
    assert wrong == []


def test_no_class_is_named_for_being_useful() -> None:
    wrong = [
        where(path, node)
        for path in sources(*PACKAGES)
        for name, node in names(path)
        if isinstance(node, ast.ClassDef) and name.endswith(BANNED_ENDINGS)
    ]
    assert wrong == []


# --- places and hosts ----------------------------------------------------------------------------

# Written with brackets so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:[w]ork|[t]mp|[r]oot|[h]ome)/\w|[C]:\\\\?[U]sers")
REGISTRY = re.compile(
    r"[p]ypi\.(?:org|python)|[p]ythonhosted|registry\.n[p]m|[n]pmjs\.|[d]eb\.debian"
    r"|[s]napshot\.debian|[s]ecurity\.debian|[a]rchive\.ubuntu|[d]ocker\.io|[c]rates\.io"
)


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8")


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["path", "host"])
def test_no_file_names_a_place_on_one_machine_or_a_package_registry(
    pattern: re.Pattern[str],
) -> None:
    found = [
        f"{where(path)}: {match.group()}"
        for path, text in texts()
        for match in pattern.finditer(text)
    ]
    assert found == []


POSIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
POSIX_CALLS = {"chown", "fork", "geteuid", "getgid", "getuid", "killpg", "mkfifo", "openpty"}


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def unguarded(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, save those that are ready for an import to be refused."""
    ready = (isinstance(node, ast.Try) and "ImportError" in dumped(node.handlers)) or (
        isinstance(node, ast.With) and "ImportError" in dumped(node.items)
    )
    if not ready:
        yield node
        for child in ast.iter_child_nodes(node):
            yield from unguarded(child)


def dumped(nodes: Sequence[ast.AST]) -> str:
    return " ".join(ast.dump(node) for node in nodes)


def test_the_product_assumes_no_posix() -> None:
    assumed = [
        where(path, node)
        for path in sources(*PRODUCT)
        for node in unguarded(tree(path))
        if POSIX_MODULES & {name.partition(".")[0] for name in imported_names(node)}
        or (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
            and node.attr in POSIX_CALLS
        )
    ]
    assert assumed == []


def test_a_package_init_holds_a_docstring_only() -> None:
    inits = [path for path in sources(*PACKAGES) if path.name == "__init__.py"]
    assert [where(p) for p in inits if not ast.get_docstring(tree(p)) or tree(p).body[1:]] == []
    assert [where(path) for path in sources("tests") if path.name == "__init__.py"] == []


# --- promises ------------------------------------------------------------------------------------

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.* ## ", MAKEFILE, re.MULTILINE))
PAGES = [path for path in files() if path.suffix == ".md"]


def code_in(page: Path) -> list[str]:
    """What a page shows as something to type or read literally."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```.*?$(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [*fenced, *re.findall(r"`([^`\n]+)`", text)]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_gives_the_two_commands(page: str) -> None:
    shown = "\n".join(code_in(ROOT / page))
    assert "make demo" in shown
    assert "make test" in shown


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    shown = "\n".join(code_in(page))
    assert set(re.findall(r"\bmake ([a-z]+)\b", shown)) <= TARGETS
    assert set(re.findall(r"\byika ([a-z]+(?:-[a-z]+)*)\b", shown)) <= set(cli.COMMANDS)


def test_every_target_of_the_makefile_is_in_its_help() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony.group(1).split()) == TARGETS
    # The suite itself runs under make, which then says where it is.
    words = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split()[1] for line in shown.stdout.splitlines()} == TARGETS


# --- what gets installed -------------------------------------------------------------------------

LOCK_LINES = [
    line
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PINS = {
    canonicalize_name(name): version
    for name, _, version in (line.partition("==") for line in LOCK_LINES)
}


def declared() -> list[Requirement]:
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return [Requirement(line) for line in lines if not line.startswith("yika[")]


def test_the_lock_holds_names_and_versions_only() -> None:
    assert [line for line in LOCK_LINES if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)] == []


def test_every_declared_dependency_is_pinned_to_a_version_it_allows() -> None:
    unmet = [
        str(need)
        for need in declared()
        if not need.specifier.contains(PINS.get(canonicalize_name(need.name), "0"))
    ]
    assert unmet == []


def test_the_suite_runs_on_the_versions_of_the_lock() -> None:
    installed = {
        canonicalize_name(part.metadata["Name"]): part.version
        for part in importlib.metadata.distributions()
    }
    differing = {name: installed[name] for name in PINS if installed.get(name, "") != PINS[name]}
    assert differing == {}


@pytest.mark.parametrize("path", sorted((ROOT / "deploy").glob("debian-*.txt")), ids=where)
def test_a_package_list_holds_names_and_choices_only(path: Path) -> None:
    lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    name = r"[a-z0-9][a-z0-9.+-]+"
    odd = [line for line in lines if line and not re.fullmatch(rf"{name}( \| {name})*", line)]
    assert odd == []


def test_the_bootstrap_answers_wrong_words_with_its_usage() -> None:
    ran = subprocess.run(
        ["sh", ROOT / "deploy" / "bootstrap.sh", "everything"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "usage: deploy/bootstrap.sh" in ran.stderr
