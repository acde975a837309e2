"""What the tools can't say for themselves: who reads the environment, and what may be installed."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SHIPPED = ("events", "projections", "services")


def test_only_settings_reads_the_environment() -> None:
    """To learn what a process can be told, one file is enough. Add a field to `Settings` and pass it in."""
    readers = {
        str(path.relative_to(PROJECT))
        for folder in SHIPPED
        for path in (PROJECT / folder).rglob("*.py")
        if reads_environment(path)
    }
    assert readers == {"services/runtime/settings.py"}


def test_every_locked_package_is_pinned_and_has_hashes() -> None:
    """What is installed is what was tested."""
    packages = locked()
    assert len(packages) > 50
    for line, block in packages.items():
        assert re.match(r"[\w.-]+==\S+", line), line
        assert "--hash=sha256:" in block, line


def test_the_lock_names_no_place_to_download_from() -> None:
    """Where packages come from is for each machine to say."""
    text = (PROJECT / "requirements.lock").read_text()
    for word in ("http://", "https://", "--index-url", "--extra-index-url", "--find-links", "file:"):
        assert word not in text, word


def test_every_dependency_is_locked_and_says_what_it_is_for() -> None:
    """`make lock` was run after the last change to pyproject.toml, and each dependency has its reason."""
    source = (PROJECT / "pyproject.toml").read_text()
    project = tomllib.loads(source)["project"]
    extras = project["optional-dependencies"]
    names = {line.partition("==")[0].lower() for line in locked()}
    for requirement in [*project["dependencies"], *extras["stack"], *extras["dev"]]:
        name = re.split(r"[\[><=]", requirement)[0].lower()
        assert name in names, f"`{name}` isn't in requirements.lock: run `make lock`"
        line = next(line for line in source.splitlines() if f'"{requirement}"' in line)
        assert "  # " in line, f"say in a comment what `{name}` is for"


def test_what_carries_delivery_is_pinned_to_one_version() -> None:
    """Exactly these versions were broken on purpose in tests; another needs the same proof first."""
    dependencies = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {"faust-streaming==0.15.3", "aiokafka==0.14.0"} <= set(dependencies)


def locked() -> dict[str, str]:
    """The lock file's packages: the first line of each, and all of it."""
    blocks = re.split(r"\n(?=\S)", (PROJECT / "requirements.lock").read_text().strip())
    return {block.partition(" ")[0]: block for block in blocks}


def reads_environment(path: Path) -> bool:
    """Whether a module names `os.environ` or `os.getenv` in code."""
    tree = ast.parse(path.read_text())
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "os")
    named = {f"{ast.unparse(node.value)}.{node.attr}" for node in attributes}
    named |= {f"os.{alias.name}" for node in imports for alias in node.names}
    return not named.isdisjoint({"os.environ", "os.environb", "os.getenv"})
