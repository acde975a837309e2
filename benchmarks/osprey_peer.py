"""The Osprey peer of the part `rules`: its own engine, with the functions that it brings along.

It runs with a Python of its own, which has what the engine imports, and with Osprey's source on PYTHONPATH:
`python -m benchmarks.osprey_peer FOLDER`. For each number that it reads it holds all posts of FOLDER against
so many of its rules, and answers with a line of JSON: the microseconds of processor that a post took, and for
each post the names of the rules that fired.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from osprey.engine.ast.sources import Sources
from osprey.engine.ast_validator import validate_sources
from osprey.engine.ast_validator.validator_registry import ValidatorRegistry
from osprey.engine.ast_validator.validators.imports_must_not_have_cycles import ImportsMustNotHaveCycles
from osprey.engine.ast_validator.validators.unique_stored_names import UniqueStoredNames
from osprey.engine.ast_validator.validators.validate_call_kwargs import ValidateCallKwargs
from osprey.engine.ast_validator.validators.validate_dynamic_calls_have_annotated_rvalue import (
    ValidateDynamicCallsHaveAnnotatedRValue,
)
from osprey.engine.ast_validator.validators.validate_static_types import ValidateStaticTypes
from osprey.engine.ast_validator.validators.variables_must_be_defined import VariablesMustBeDefined
from osprey.engine.executor.execution_context import Action
from osprey.engine.executor.execution_graph import compile_execution_graph
from osprey.engine.executor.executor import execute
from osprey.engine.executor.udf_execution_helpers import UDFHelpers
from osprey.engine.stdlib.udfs.import_ import Import
from osprey.engine.stdlib.udfs.json_data import JsonData
from osprey.engine.stdlib.udfs.regex_match import RegexMatch
from osprey.engine.stdlib.udfs.require import Require
from osprey.engine.stdlib.udfs.rules import Rule, WhenRules
from osprey.engine.stdlib.udfs.string import StringToLower
from osprey.engine.stdlib.udfs.verdicts import DeclareVerdict
from osprey.engine.udf.registry import UDFRegistry
from osprey.worker.lib.instruments import metrics

FUNCTIONS: Final = (Import, JsonData, RegexMatch, Require, Rule, WhenRules, StringToLower, DeclareVerdict)
CHECKS: Final = {
    ImportsMustNotHaveCycles,
    UniqueStoredNames,
    ValidateCallKwargs,
    ValidateDynamicCallsHaveAnnotatedRValue,
    ValidateStaticTypes,
    VariablesMustBeDefined,
}
MODEL: Final = """
Said: str = JsonData(path='$.data.body')
Body = StringToLower(s=Said)
Answered: Optional[str] = JsonData(path='$.data.reply_to.account', required=False)
"""
MAIN: Final = """
Import(rules=['models/post.sml'])
Require(rule='rules/replies.sml', require_if=Answered != None)
Require(rule='rules/others.sml', require_if=Answered == None)
"""


def sources(rules: Sequence[Any]) -> dict[str, str]:
    """The rules in Osprey's language, each `(name, phrases, in_replies)`.

    Rules that can't apply to a post aren't run at all (`Require`), and one expression holds all phrases of a
    rule: of the ways that Osprey's documentation shows, these two cost it least.
    """
    return {
        "main.sml": MAIN,
        "models/post.sml": MODEL,
        "rules/replies.sml": _block([rule for rule in rules if rule[2]]),
        "rules/others.sml": _block([rule for rule in rules if not rule[2]]),
    }


def _block(rules: Sequence[Any]) -> str:
    lines = ["Import(rules=['models/post.sml'])"]
    for name, phrases, _ in rules:
        match = f"RegexMatch(target=Body, pattern='{'|'.join(phrases)}')"
        lines.append(f"{name} = Rule(when_all=[{match}], description='{name}')")
    names = ", ".join(name for name, *_ in rules)
    return "\n".join([*lines, f"WhenRules(rules_any=[{names}], then=[DeclareVerdict(verdict='review')])"])


def run(graph: Any, posts: Sequence[bytes]) -> tuple[float, list[list[str]]]:
    """Microseconds a post, and the rules that fired. Raises where a rule raised."""
    helpers = UDFHelpers()
    gc.collect()
    began = time.process_time()
    fired: list[list[str]] = []
    for number, post in enumerate(posts):
        event = json.loads(post)
        action = Action(number, event["type"], event, datetime.fromisoformat(event["time"]))
        result = execute(graph, helpers, action, None)
        if result.error_infos:
            raise result.error_infos[0].error
        fired.append([name for entry in result.rule_audit_entries for name in entry.rules_matched])
    return (time.process_time() - began) / len(posts) * 1e6, fired


def main(folder: Path) -> None:
    """Answer until the input ends."""
    metrics.debug = True  # Osprey's own switch: nothing is sent to a metrics agent
    posts = (folder / "posts.jsonl").read_bytes().splitlines()
    rules = json.loads((folder / "rules.json").read_bytes())
    functions, checks = UDFRegistry.with_udfs(*FUNCTIONS), ValidatorRegistry.from_validator_classes(CHECKS)
    graphs: dict[int, Any] = {}
    for line in sys.stdin:
        number = int(line)
        if number not in graphs:
            written = Sources.from_dict(sources(rules[:number]))
            graphs[number] = compile_execution_graph(validate_sources(written, functions, checks))
        print(json.dumps(run(graphs[number], posts)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
