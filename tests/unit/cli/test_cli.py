"""The command line itself: help, exit codes, and errors that say what to do."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from events.versions import TYPES
from services import cli
from services.commands import connect, decide, operate, output
from services.exit_codes import ExitCode
from services.keys import READ, REBUILD, SEND, new_key

POST = (
    '{"specversion":"1.0","id":"e","source":"/p","type":"goodstanding.post.created.v1","subject":"ann",'
    '"time":"2026-03-01T12:00:00Z","data":{"post":"p","revision":1,"body":"x"}}'
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No broker, no database, no key but what the test sets."""
    monkeypatch.setenv("GOODSTANDING_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("GOODSTANDING_POSTGRES_DSN", "postgresql://u:p@127.0.0.1:1/d")
    monkeypatch.setenv("GOODSTANDING_API_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("GOODSTANDING_STATE_FOLDER", str(tmp_path))
    monkeypatch.setenv("GOODSTANDING_TIME_MODE", "events")
    monkeypatch.setenv("COLUMNS", "200")
    connect.present("")
    yield
    connect.present("")


def sign_in(tmp_path: Path, *capabilities: str) -> None:
    """Run as somebody with these capabilities."""
    connect.present(new_key(tmp_path / "keys.json", "ada", capabilities))


def commands(app: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group, as words."""
    yield path
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, (*path, str(group.name)))
    for command in app.registered_commands:
        assert command.callback is not None
        yield (*path, command.name or command.callback.__name__.replace("_", "-"))


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 0, and a sentence on what it does."""
    found = list(commands(cli.app))
    assert len(found) > 45
    for path in found:
        assert cli.run([*path, "--help"]) == ExitCode.OK
        shown = capsys.readouterr().out
        assert "Usage: goodstanding" in shown


def test_every_decision_is_gone_about_in_the_same_ways() -> None:
    """Whoever scripts one needn't know which of them ask first."""
    for command in decide.app.registered_commands:
        found = typer.main.get_command_from_info(
            command, pretty_exceptions_short=False, rich_markup_mode=None
        )
        options = {option for parameter in found.params for option in parameter.opts}
        assert options >= {"--dry-run", "--yes", "--wait", "--id", "--json"}, found.name


def test_every_decision_has_its_command() -> None:
    """Called as its type is; that an appeal is decided goes without saying."""
    verbs = {name.split(".")[2].replace("_", "-") for name in TYPES if ".decision." in name}
    has = {path[-1] for path in commands(decide.app) if path}
    assert has == verbs - {"decide-appeal"} | {"appeal"}


def test_a_table_that_no_terminal_limits_keeps_each_row_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that an id can be found in it, and copied from it."""
    monkeypatch.delenv("COLUMNS")
    row = ["x" * 36, "y" * 120, "z" * 36]
    output.table("Things", ("id", "text", "other"), [row])
    output.facts("Thing", [("id", row[0]), ("text", row[1])])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if row[0] in line] == [row, ["id", row[0]]]
    assert ["text", row[1]] in [line.split() for line in lines]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], ExitCode.USAGE, "no such command"),
        (["strikes", "ls", "--limit", "0"], ExitCode.USAGE, "--limit"),
        (["worker", "everything"], ExitCode.USAGE, "stages are"),
        (["standing", "ann"], ExitCode.NOT_ALLOWED, "GOODSTANDING_API_KEY"),
        (["decide", "lift", "abcd", "-r", "x"], ExitCode.NOT_REACHABLE, "PostgreSQL"),
        (["topics", "check"], ExitCode.NOT_REACHABLE, "GOODSTANDING_BOOTSTRAP_SERVERS"),
        (["policy", "check", "missing.yaml"], ExitCode.NOT_FOUND, "missing.yaml"),
        (["events", "check", "missing.jsonl"], ExitCode.NOT_FOUND, "missing.jsonl"),
        (["replay"], ExitCode.USAGE, "--verify"),
        (["replay", "--verify", "--file", "missing"], ExitCode.NOT_FOUND, "missing"),
        (["state", "rebuild"], ExitCode.NOT_ALLOWED, "rebuild"),
        (["keys", "new", "a@b"], ExitCode.USAGE, "personal"),
        (["clock", "advance", "--to", "x"], ExitCode.NOT_ALLOWED, "simulated time"),
    ],
)
def test_each_class_of_failure_has_its_exit_code_and_a_remedy(
    arguments: list[str], code: ExitCode, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What went wrong is on standard error, and nothing on standard output."""
    assert cli.run(arguments) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert said in shown.err


def test_a_key_without_the_capability_is_told_which_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And who it is, so that nobody looks for the fault elsewhere."""
    sign_in(tmp_path, SEND)
    assert cli.run(["standing", "ann"]) == ExitCode.NOT_ALLOWED
    said = capsys.readouterr().err
    assert "`ada`" in said
    assert f"`{READ}`" in said


def test_a_database_that_is_away_is_named_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors end up in tickets."""
    sign_in(tmp_path, READ)
    assert cli.run(["standing", "ann"]) == ExitCode.NOT_REACHABLE
    assert "u:p" not in capsys.readouterr().err


def test_a_fault_of_this_program_shows_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bug is never told as somebody else's mistake."""

    def broken() -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(connect, "settings", broken)
    assert cli.run(["topics", "create"]) == ExitCode.BUG
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_setting_that_is_wrong_is_a_matter_of_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named as the variable that it is."""
    monkeypatch.setenv("GOODSTANDING_PARTITIONS", "none")
    assert cli.run(["topics", "create"]) == ExitCode.USAGE
    assert "GOODSTANDING_PARTITIONS" in capsys.readouterr().err


def test_a_key_is_printed_once_and_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output alone, so that it can be taken up by a script."""
    assert cli.run(["keys", "new", "ada", "-c", READ]) == ExitCode.OK
    shown = capsys.readouterr()
    key = shown.out.strip()
    assert key.startswith("gs_")
    assert key not in shown.err
    assert cli.run(["keys", "ls", "--json"]) == ExitCode.OK
    listed = capsys.readouterr().out
    assert key not in listed
    assert json.loads(listed)[0]["actor"] == "ada"


def test_checking_events_names_each_fault_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file's name, the line, and a count of what is valid."""
    file = tmp_path / "events.jsonl"
    file.write_text(f"{POST}\n\n{{\n")
    assert cli.run(["events", "check", str(file)]) == ExitCode.BAD_INPUT
    shown = capsys.readouterr()
    assert "events.jsonl, line 3: `value`: expected" in shown.err
    assert "1 valid (1 for posts), 1 with faults" in shown.out
    assert cli.run(["events", "check", str(file), "--json"]) == ExitCode.BAD_INPUT
    answer = json.loads(capsys.readouterr().out)
    assert (answer["valid"], answer["topics"], answer["faults"][0]["line"]) == (1, {"posts": 1}, 3)
    file.write_text(POST)
    assert cli.run(["events", "check", str(file)]) == ExitCode.OK


def test_nothing_of_a_file_with_faults_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All or nothing, unless asked otherwise; the broker isn't even asked."""
    sign_in(tmp_path, SEND)
    file = tmp_path / "events.jsonl"
    file.write_text(f"{POST}\n{{\n")
    assert cli.run(["events", "send", str(file)]) == ExitCode.BAD_INPUT
    assert "nothing was sent" in capsys.readouterr().err


def test_a_decision_in_somebody_elses_name_is_not_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The actor is set from the key, never by the sender of a file."""
    sign_in(tmp_path, SEND)
    file = tmp_path / "events.jsonl"
    decision = json.loads(POST)
    decision |= {"type": "goodstanding.decision.escalate.v1"}
    decision["data"] = {"target": {"kind": "case", "id": "c"}, "version": 1, "actor": {"id": "bob"}}
    file.write_text(json.dumps(decision))
    assert cli.run(["events", "send", str(file)]) == ExitCode.NOT_ALLOWED
    assert "decisions.on-behalf" in capsys.readouterr().err


def test_checking_the_community_policy_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is the digest that a strike will name."""
    assert cli.run(["policy", "check", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["valid"] is True
    assert len(answer["version"]) == 64


def test_checking_a_bad_policy_names_line_key_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every fault at once."""
    file = tmp_path / "policy.yaml"
    file.write_text("name: x\nladdr: []\n")
    assert cli.run(["policy", "check", str(file)]) == ExitCode.BAD_INPUT
    assert "policy.yaml, line 2, `laddr`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["-p", "0", "-p", "16"],
            ExitCode.USAGE,
            "there is no partition `16`: GOODSTANDING_PARTITIONS is 16",
        ),
        (["-p", "-1"], ExitCode.USAGE, "there is no partition `-1`"),
        (["--check"], ExitCode.NOT_REACHABLE, "GOODSTANDING_BOOTSTRAP_SERVERS"),
    ],
)
def test_rebuilding_state_is_refused_before_anything_is_read(
    arguments: list[str], code: ExitCode, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a partition that there isn't, and without a broker."""
    sign_in(tmp_path, REBUILD)
    assert cli.run(["state", "rebuild", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_worker_that_is_told_to_stop_while_it_is_imported_ends_cleanly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has begun nothing yet, so an orchestrator has nothing to wonder about."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("importlib.import_module", lambda _: signal.raise_signal(signal.SIGTERM))
    try:
        with pytest.raises(SystemExit) as ended:
            operate.worker("clock")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == ExitCode.OK
