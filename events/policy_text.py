"""Reading a policy's text: YAML, with every error named by line, key, what is expected and a remedy.

The text is checked as a whole, and everything that is wrong with it is told at once. The text is the
operator's own, so errors repeat what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Protocol

import msgspec
import yaml
from pydantic import BaseModel, ValidationError

from events.memory_rules import MemoryRule
from events.policy import (
    Breaker,
    Case,
    Episode,
    Guideline,
    Identity,
    KeyRules,
    Merits,
    Policy,
    ProfileRules,
    Reports,
    ReportWeights,
    RuleSettings,
    Rung,
    Severity,
)

NODES_MAX: Final = 200_000
"""Values in one policy, with those that aliases repeat: a text of a few lines must not fill the memory."""
DEPTH_MAX: Final = 20
ERRORS_MAX: Final = 100
"""Faults of the YAML that are told at once."""
SHOWN_CHARS_MAX: Final = 60
"""How much of a wrong value an error repeats."""

KeyPath = tuple[str | int, ...]


class RuleContract(Protocol):
    """What a rule needs of the policy."""

    @property
    def guideline(self) -> str:
        """The guideline that it is a rule of."""

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases of that guideline that it can find."""

    @property
    def params(self) -> Mapping[str, int | str | bool]:
        """Its parameters with their defaults; a policy's value is of the same type."""

    @property
    def lists(self) -> Mapping[str, str]:
        """The lists that it reads, each with what goes into it."""


class PolicyError(msgspec.Struct, frozen=True):
    """One thing wrong with a policy's text.

    `line` counts from 1, `key` is a path such as `ladder.0.points`.
    """

    line: int
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """One line for people."""
        where = f"line {self.line}, `{self.key}`" if self.key else f"line {self.line}"
        return f"{where}: {self.problem}: {self.remedy}"


class PolicyErrors(ValueError):
    """Everything that is wrong with a policy's text, in the order of lines."""

    def __init__(self, errors: Iterable[PolicyError]) -> None:
        self.errors: tuple[PolicyError, ...] = tuple(
            sorted(set(errors), key=lambda e: (e.line, e.key, e.problem))
        )
        super().__init__("\n".join(str(error) for error in self.errors))


def read_policy(text: str, known_rules: Mapping[str, RuleContract] | None = None) -> Policy:
    """The policy in a YAML text.

    `known_rules` are the rules of this build by name; None: rules aren't checked.

    Raises:
        PolicyErrors: with all that is wrong.
    """
    reader = _Reader()
    data = reader.read(text)
    if reader.errors:
        raise PolicyErrors(reader.errors)
    errors = [] if known_rules is None else list(_rule_errors(data, reader.lines, known_rules))
    try:
        # By way of JSON, because only there a list is a tuple though `yes` isn't 1.
        policy = Policy.model_validate_json(msgspec.json.encode(data), strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise PolicyErrors(errors + [_field_error(fault, reader.lines) for fault in faults]) from None
    if errors:
        raise PolicyErrors(errors)
    return policy


# --- YAML, with line numbers -------------------------------------------------------------------------------


_TOO_LARGE_REMEDY: Final = (
    f"write at most {NODES_MAX} values, nested at most {DEPTH_MAX} deep, and don't repeat by alias"
)


class _TooLargeError(Exception):
    def __init__(self, path: KeyPath, line: int) -> None:
        super().__init__()
        self.path = path
        self.line = line


class _Reader:
    """Plain data out of YAML, and the line of every key and item."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {(): 1}
        self.errors: list[PolicyError] = []
        self._nodes = 0
        self._scalars = yaml.SafeLoader("")

    def read(self, text: str) -> Any:
        """The data; None where `errors` says why not."""
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            self._unreadable(error, text)
            return None
        except RecursionError:
            self._fault((), 1, "too much in here", _TOO_LARGE_REMEDY)
            return None
        if not isinstance(node, yaml.MappingNode):
            self._fault((), 1, "no policy here", "start with `name:` and `guidelines:`")
            return None
        try:
            return self._value(node, ())
        except _TooLargeError as error:
            self._fault(error.path[:3], error.line, "too much in here", _TOO_LARGE_REMEDY)
            return None

    def _unreadable(self, error: yaml.YAMLError, text: str) -> None:
        mark = getattr(error, "problem_mark", None)
        before = mark.line if mark is not None else text.count("\n", 0, getattr(error, "position", 0))
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        remedy = "check quotes, colons and indentation here and one line above"
        self._fault((), before + 1, f"not YAML: {problem}", remedy)

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._nodes += 1
        if self._nodes > NODES_MAX or len(path) > DEPTH_MAX:
            raise _TooLargeError(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._fault(path, node.start_mark.line + 1, "a value that YAML can't read", "put it in quotes")
            return None

    def _item(self, node: yaml.Node, path: KeyPath) -> Any:
        self.lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            inner = (*path, key)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                self._fault(inner, line, "a key must be text", "put it in quotes")
            elif key in data:
                self._fault(
                    inner,
                    line,
                    f"`{key}` is there twice",
                    f"keep one; the first is in line {self.lines[inner]}",
                )
            else:
                self.lines[inner] = line
                data[key] = self._value(value_node, inner)
        return data

    def _fault(self, path: KeyPath, line: int, problem: str, remedy: str) -> None:
        if len(self.errors) < ERRORS_MAX:
            self.errors.append(PolicyError(line, _key(path), problem, remedy))


def _key(path: KeyPath) -> str:
    return ".".join(str(step) for step in path)


def _line(path: KeyPath, lines: Mapping[KeyPath, int]) -> tuple[KeyPath, int]:
    """The longest beginning of a path that is in the text, and its line."""
    while path not in lines:
        path = path[:-1]
    return path, lines[path]


# --- what the policy's contract says -----------------------------------------------------------------------

_MODELS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {
        "guidelines": Guideline,
        "cases": Case,
        "rules": RuleSettings,
        "ladder": Rung,
        "severities": Severity,
        "episode": Episode,
        "reports": Reports,
        "report_weights": ReportWeights,
        "merits": Merits,
        "profile": ProfileRules,
        "identity": Identity,
        "keys": KeyRules,
        "breaker": Breaker,
    }
)
"""What stands under which key, for the names that are possible there."""
_WHOLE: Final = ("guideline", "severit", "ladder")
"""Words by which an error about the policy as a whole finds its key."""


def _field_error(fault: Any, lines: Mapping[KeyPath, int]) -> PolicyError:
    path = tuple(step for step in fault["loc"] if step != "[key]")
    kind = fault["type"]
    if kind == "value_error" and not path:
        return _whole_error(str(fault["ctx"]["error"]), lines)
    if kind == "missing":
        _, line = _line(path, lines)
        return PolicyError(line, _key(path), f"`{path[-1]}` is missing", f"add `{path[-1]}:`")
    present, line = _line(path, lines)
    if kind == "extra_forbidden":
        return PolicyError(
            line, _key(present), f"unknown key `{path[-1]}`", _meant(str(path[-1]), _fields(path[:-1]))
        )
    expected = _expected(fault)
    problem = f"{expected}, found {_shown(fault['input'])}"
    return PolicyError(
        line, _key(present), problem, _value_remedy(fault, str(present[-1]) if present else "policy")
    )


def _whole_error(message: str, lines: Mapping[KeyPath, int]) -> PolicyError:
    word = next((word for word in _WHOLE if word in message), "")
    path: KeyPath = next((p for p in lines if len(p) == 1 and word and str(p[0]).startswith(word)), ())
    return PolicyError(lines[path], _key(path), message, "correct it as said")


def _fields(path: KeyPath) -> list[str]:
    """The keys that are possible in what stands at a path."""
    name = next((step for step in reversed(path) if step in _MODELS), None)
    model = Policy if name is None else _MODELS[str(name)]
    return list(model.model_fields)


def _expected(fault: Any) -> str:
    message = str(fault["msg"]).replace("'", "`")
    return f"expected {message.removeprefix('Input should be ')}"


def _value_remedy(fault: Any, key: str) -> str:
    value = fault["input"]
    if fault["type"] == "literal_error" and isinstance(value, str):
        known = str(fault["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return _meant(value, known)
    if fault["type"] in {"string_type", "literal_error"} and not isinstance(value, list | dict):
        return "put it in quotes"
    return f"correct `{key}`"


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + '…'}`"


def _meant(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(name, names, 1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"use one of {', '.join(f'`{n}`' for n in names)}" if names else "remove it"


# --- what rules need ---------------------------------------------------------------------------------------


def _rule_errors(
    data: dict[str, Any], lines: Mapping[KeyPath, int], known: Mapping[str, RuleContract]
) -> Iterable[PolicyError]:
    rules = data.get("rules")
    cases = _cases(data)
    for name, settings in rules.items() if isinstance(rules, dict) else ():
        path: KeyPath = ("rules", name)
        if name not in known:
            yield PolicyError(lines[path], _key(path), f"unknown rule `{name}`", _meant(name, known))
            continue
        contract = known[name]
        for case in contract.cases:
            if (contract.guideline, case) not in cases:
                problem = f"rule `{name}` finds the case `{case}`, which `{contract.guideline}` doesn't have"
                yield PolicyError(lines[path], _key(path), problem, f"add the case to `{contract.guideline}`")
        if isinstance(settings, dict):
            yield from _settings_errors(name, settings, lines, contract)


def _settings_errors(
    name: str, settings: dict[str, Any], lines: Mapping[KeyPath, int], contract: RuleContract
) -> Iterable[PolicyError]:
    for kind, known in (("params", contract.params), ("lists", contract.lists)):
        given = settings.get(kind)
        for key, value in given.items() if isinstance(given, dict) else ():
            path: KeyPath = ("rules", name, kind, key)
            if key not in known:
                problem = f"rule `{name}` has no {kind[:-1]} `{key}`"
                yield PolicyError(lines[path], _key(path), problem, _meant(key, known))
            elif kind == "params" and type(value) is not type(contract.params[key]):
                problem = f"expected {_TYPES[type(contract.params[key])]}, found {_shown(value)}"
                yield PolicyError(
                    lines[path], _key(path), problem, f"the default is `{contract.params[key]}`"
                )
            elif kind == "params" and isinstance(contract, MemoryRule) and value < contract.least(key):
                problem = f"expected {contract.least(key)} or more, found {_shown(value)}"
                yield PolicyError(
                    lines[path], _key(path), problem, f"the default is `{contract.params[key]}`"
                )


def _cases(data: dict[str, Any]) -> set[tuple[Any, Any]]:
    return {
        (guideline.get("id"), case.get("id"))
        for guideline in _mappings(data.get("guidelines"))
        for case in _mappings(guideline.get("cases"))
    }


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


_TYPES: Final[Mapping[type, str]] = MappingProxyType(
    {int: "a whole number", str: "text", bool: "true or false"}
)
