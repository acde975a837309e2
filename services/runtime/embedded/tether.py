"""A program of its own: becomes another program that dies with its parent.

    python tether.py PARENT_PID SIGNAL [--not-root FOLDER] [--environment FILE] -- PROGRAM ARGUMENT…

SIGNAL is what the program gets when its parent goes away, for whatever reason. With `--not-root` a program
that refuses to run as root sees an ordinary user; FOLDER is what it writes to. With `--environment` the
program's variables are changed by a file of `NAME=value` lines, so that secrets stand on no command line.
Imports nothing of the project, so that it starts at once.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, drop root where asked, and become the program. Never returns."""
    split = arguments.index("--")
    options, command = arguments[:split], arguments[split + 1 :]
    parent, signal = int(options[0]), int(options[1])
    if "--not-root" in options and os.geteuid() == 0:
        folder = Path(options[options.index("--not-root") + 1])
        if not hide_root():
            become_nobody(folder)
    if "--environment" in options:
        change_environment(Path(options[options.index("--environment") + 1]))
    # After the change of user, which clears it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:
        sys.exit("the parent went away before the program had started")
    os.execvp(command[0], command)


def hide_root() -> bool:
    """Show root as nobody in a namespace of its own; files keep their owner. False where forbidden."""
    if sys.platform != "linux" or ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0:
        return False
    process = Path("/proc/self")
    (process / "uid_map").write_text(f"{NOBODY} 0 1")
    (process / "setgroups").write_text("deny")
    (process / "gid_map").write_text(f"{NOBODY} 0 1")
    return True


def change_environment(file: Path) -> None:
    """Set the variables that the file names, each line's value as it stands."""
    for line in file.read_text().splitlines():
        name, _, value = line.partition("=")
        os.putenv(name, value)


def become_nobody(folder: Path) -> None:
    """Give the folder to nobody and become nobody. The folders above it must be open to everybody."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


if __name__ == "__main__":
    main(sys.argv[1:])
