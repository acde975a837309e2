"""`goodstanding keys`: who may use the API and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services import keys
from services.commands import connect
from services.commands.connect import KEY_VARIABLE
from services.commands.output import AsJson, emit, note, plain, say, table
from services.keys import CAPABILITIES

DEFAULT_FILE = "keys.json"

app = typer.Typer(no_args_is_help=True, help="Who may use the API and the command line.")

CapabilityOption = Annotated[
    list[str] | None,
    typer.Option("--capability", "-c", help=f"May be given more than once: {', '.join(CAPABILITIES)}."),
]


@app.command("new")
def new(
    actor: Annotated[
        str, typer.Argument(help="Who the key is for: an id that is kept for ever, so nothing personal.")
    ],
    capability: CapabilityOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every capability there is.")] = False,
    account: Annotated[
        str, typer.Option(help="Their own account in the community: they can't decide about it.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once: only its SHA-256 is kept."""
    path = _file()
    wanted = list(CAPABILITIES) if everything else capability or []
    key = keys.new_key(path, actor, wanted, account)
    if as_json:
        emit({"actor": actor, "capabilities": sorted(set(wanted)), "key": key, "file": str(path)})
        return
    typer.echo(key)
    may = (
        "; ".join(CAPABILITIES[one] for one in sorted(set(wanted))) or "nothing yet: give it a `--capability`"
    )
    note(f"[dim]{plain(actor)} may {plain(may)}; it is shown this once and known by `{plain(path)}`[/dim]")
    note(f"[dim]use it: export {KEY_VARIABLE}=… (command line), or send it as header X-API-Key (API)[/dim]")
    if connect.settings().api_keys_file is None:
        note(f"[dim]and export GOODSTANDING_API_KEYS_FILE={plain(path)}, or nobody is let in[/dim]")


@app.command("ls")
def ls(as_json: AsJson = False) -> None:
    """List who has a key and what each may do."""
    path = _file()
    holders = keys.KeyTable(path).holders() if path.exists() else {}
    rows = [(digest[:8], one.actor, ", ".join(sorted(one.capabilities))) for digest, one in holders.items()]
    if as_json:
        emit(
            [
                {"digest": digest, "actor": one.actor, "capabilities": sorted(one.capabilities)}
                for digest, one in holders.items()
            ]
        )
        return
    table(f"Keys in {path}", ("digest", "actor", "capabilities"), rows)


@app.command("revoke")
def revoke(
    digest: Annotated[str, typer.Argument(help="The digest's first digits, as `ls` shows them.")],
) -> None:
    """Take a key out of the file; the API notices at once."""
    path = _file()
    gone = keys.revoke_key(path, digest)
    say(f"{plain(gone.actor)}'s key is gone from {plain(path)}")


def _file() -> Path:
    settings = connect.settings()
    return settings.api_keys_file or settings.state_folder / DEFAULT_FILE
