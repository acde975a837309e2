"""The browser of the console's tests: Debian's Chromium, which `make test` installs where it may."""

from __future__ import annotations

import shutil

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOW_TO_INSTALL = "install it with `apt-get install chromium` (as root), then run the tests again"
