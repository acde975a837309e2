"""What a deployment leaves in its folder, and how its workers are told of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from services.demo.claims import CLAIMS, Claim, Held, _ask
from services.demo.deployment import Deployment, running_pid
from services.flow import STAGES
from services.keys import KeyTable
from services.runtime.embedded.child import exclusive, tether
from services.runtime.settings import load_settings


def deployment(folder: Path) -> Deployment:
    """One that isn't started."""
    base = load_settings(state_folder=folder)
    return Deployment(base, "demo", partitions=4, time_mode="events", fresh=True, say=lambda _: None)


def test_who_holds_a_folder_is_known_while_it_is_held(tmp_path: Path) -> None:
    """So that `down` knows whom to ask."""
    assert running_pid(tmp_path) is None
    with exclusive(tmp_path):
        assert running_pid(tmp_path) == os.getpid()
    assert running_pid(tmp_path) is None


def test_every_stage_has_an_address_of_its_own(tmp_path: Path) -> None:
    """On loopback."""
    addresses = deployment(tmp_path).addresses
    assert set(addresses) == set(STAGES)
    assert len(set(addresses.values())) == len(STAGES)
    assert all(address.startswith("http://127.0.0.1:") for address in addresses.values())


def test_a_new_key_takes_the_place_of_the_actor_s_earlier_one(tmp_path: Path) -> None:
    """However often a deployment is started, there is one key for each."""
    made = deployment(tmp_path)
    first, other, second = made.new_key("ada"), made.new_key("bea"), made.new_key("ada")
    table = KeyTable(made.keys_file)
    assert table.find(first) is None
    assert [holder.actor for holder in (table.find(other), table.find(second)) if holder] == ["bea", "ada"]


def test_a_program_is_told_its_variables_by_a_file_and_not_on_its_command_line(tmp_path: Path) -> None:
    """A password on a command line can be read by everybody."""
    file = tmp_path / "worker.env"
    file.write_text("SECRET_OF_TEST=two words = one secret\nEMPTY_OF_TEST=\n")
    shown = "import os; print(os.environ['SECRET_OF_TEST'], repr(os.environ['EMPTY_OF_TEST']))"
    command = tether([sys.executable, "-c", shown], signal.SIGKILL, environment=file)
    assert not any("secret" in word for word in command if word is not shown and "-c" not in word)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "two words = one secret ''\n"


def test_claims_are_sentences_and_none_is_made_twice() -> None:
    """They are printed as they are."""
    texts = [claim.text for claim in CLAIMS]
    assert len(set(texts)) == len(texts) > 20
    assert not any(text.endswith(".") for text in texts)


async def test_a_claim_that_can_t_be_asked_isn_t_true() -> None:
    """What isn't there was not found to be so."""

    async def asked(_: object) -> bool:
        raise LookupError("nobody")

    async def says(_: object) -> str:
        return "two strikes"

    assert not (await _ask(Claim("x", asked), None)).true  # type: ignore[arg-type]  # it isn't looked at
    assert await _ask(Claim("x", says), None) == Held("x", "two strikes")  # type: ignore[arg-type]
