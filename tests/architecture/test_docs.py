"""What the documents say is so: commands exist, links lead somewhere, and every setting is in the table."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main
from prometheus_client.metrics import MetricWrapperBase

from services.cli import app
from services.flow import STAGES
from services.keys import CAPABILITIES
from services.runtime import metrics
from services.runtime.settings import ENV_PREFIX, SECRET_FIELDS, Settings

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
OPERATING = PROJECT / "docs" / "operating.md"
GLOSSARY = PROJECT / "docs" / "glossary.md"
DOCUMENTS = (README, PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md")))
WORDS = (
    "event", "decision", "finding", "signal", "entity", "actor", "strike", "sanction", "case", "report",
    "notice", "merit", "standing", "ladder", "policy", "ledger",
)  # fmt: skip


def commands(document: Path) -> Iterator[str]:
    """Every `goodstanding …` line of a shell block, and every one between backticks in the text."""
    text = document.read_text()
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            # What is printed is no command, and neither is what comes after a comment or a pipe.
            command = line.removeprefix("$ ")
            if command.startswith("goodstanding "):
                yield re.split(r"\s#\s|\s\|\s|\s>\s|\s<\(", command)[0]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from re.findall(r"`(goodstanding [^`]+)`", prose)


@cache
def command_line() -> Any:
    """The command `goodstanding`."""
    return typer.main.get_command(app)


def resolve(line: str) -> tuple[Any, list[str]]:
    """The command that a line means, and the words that follow its name."""
    words = shlex.split(line)[1:]
    found = command_line()
    while words and hasattr(found, "commands") and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    return found, words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_command_exists_with_its_options(document: Path) -> None:
    """A reader who copies a line gets an answer, not a usage error."""
    for line in commands(document):
        found, words = resolve(line)
        assert not hasattr(found, "commands") or words in ([], ["--help"]), f"`{line}`: no such command"
        known = {
            option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in words:
            if word.startswith("-") and len(word) > 1:
                assert word.partition("=")[0] in {*known, "--help", "-h"}, (
                    f"{document.name}: `{line}`: `{word}`"
                )


def test_the_readme_s_commands_have_all_their_arguments() -> None:
    """Those in shell blocks are parsed as they stand; no command is run."""
    for line in commands(README):
        found, words = resolve(line)
        if "STAGE" in line or "…" in line or hasattr(found, "commands") or not words:
            continue
        try:
            found.make_context(found.name, list(words), resilient_parsing=False).close()
        except click.ClickException as error:
            pytest.fail(f"`{line}`: {error.format_message()}")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    """Relative to the document."""
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_make_targets_that_are_named_exist() -> None:
    """`make demo` and the others."""
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        for named in re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE):
            assert named in targets, f"{document.name}: make {named}"


def test_the_table_of_settings_is_that_of_the_catalogue() -> None:
    """Every setting with its default and its own words; paste what this prints."""
    shown = OPERATING.read_text().partition("<!-- settings -->\n")[2].partition("<!-- /settings -->")[0]
    assert shown == settings_table(), f"docs/operating.md: the table should be\n\n{settings_table()}"


def test_the_table_of_metrics_is_that_of_the_catalogue() -> None:
    """Every metric with its labels and its own words; paste what this prints."""
    shown = OPERATING.read_text().partition("<!-- metrics -->\n")[2].partition("<!-- /metrics -->")[0]
    assert shown == metrics_table(), f"docs/operating.md: the table should be\n\n{metrics_table()}"


def test_every_metric_of_the_catalogue_is_counted() -> None:
    """By some stage; one that never moves says that nothing happens."""
    sources = (PROJECT / "services").rglob("*.py")
    counted = {name for path in sources for name in re.findall(r"metrics\.([A-Z_]+)", path.read_text())}
    assert set(catalogue()) <= counted, f"nobody counts {sorted(set(catalogue()) - counted)}"


def test_every_capability_is_explained() -> None:
    """Whoever makes a key reads what it allows."""
    text = (PROJECT / "docs" / "api.md").read_text()
    for capability in CAPABILITIES:
        assert f"`{capability}`" in text, f"docs/api.md: `{capability}`"


def test_every_stage_is_in_the_readme_s_picture() -> None:
    """The picture is of this flow."""
    picture = README.read_text().partition("```mermaid")[2].partition("```")[0]
    for stage in STAGES:
        assert stage in picture, stage


def test_the_glossary_has_every_binding_word() -> None:
    """One meaning each."""
    listed = set(re.findall(r"^\| \*\*([a-z ]+)\*\* \|", GLOSSARY.read_text(), re.MULTILINE))
    assert set(WORDS) | {"stage", "entry", "screening"} <= listed


def metrics_table() -> str:
    """The metrics as a table, in the catalogue's order."""
    rows = ["| metric | labels | what it is |", "|---|---|---|"]
    for metric in catalogue().values():
        (family,) = metric.describe()
        shown = family.name + ("_total" if family.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames) or "–"
        rows.append(f"| `{shown}` | {labels} | {family.documentation} |")
    return "\n".join(rows) + "\n"


def catalogue() -> dict[str, MetricWrapperBase]:
    """Every metric by the name of its constant."""
    return {name: one for name, one in vars(metrics).items() if isinstance(one, MetricWrapperBase)}


def settings_table() -> str:
    """The settings as a table, in the catalogue's order, with the words from beside each field."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, words in _fields().items():
        default = Settings.model_fields[name].default
        if isinstance(default, Path):
            default = default.relative_to(PROJECT)
        shown = "none" if default in {"", None} or name in SECRET_FIELDS else f"`{default}`"
        rows.append(f"| `{ENV_PREFIX}{name.upper()}` | {shown} | {words} |")
    return "\n".join(rows) + "\n"


def _fields() -> dict[str, str]:
    """Each field and the words that follow it; two fields in a row share theirs."""
    source = (PROJECT / "services" / "runtime" / "settings.py").read_text()
    (body,) = [
        node.body
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    ]
    found: dict[str, str] = {}
    waiting: list[str] = []
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            waiting.append(node.target.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and waiting:
            words = " ".join(str(node.value.value).split())
            found |= dict.fromkeys(waiting, words)
            waiting = []
    return found
