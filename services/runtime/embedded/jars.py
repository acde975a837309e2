"""Kafka's jars, fetched once by Maven as `pom.xml` beside this file names them, and a Java to run them."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from services.runtime.embedded.child import EmbeddedError, Say, exclusive, run

POM = Path(__file__).with_name("pom.xml")
MARKER = "complete"
JAVA_VERSION_MIN = 17
FETCH_TIMEOUT_S = 600.0


def java() -> str:
    """The path of a Java that Kafka runs on. Raises `EmbeddedError` with a remedy."""
    remedy = f"install a Java {JAVA_VERSION_MIN} or newer (Debian: `apt install openjdk-17-jre-headless`)"
    path = shutil.which("java")
    if path is None:
        raise EmbeddedError(f"can't start Kafka: there is no `java` on the PATH; {remedy}")
    printed = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', printed)
    if version is None or int(version[1]) < JAVA_VERSION_MIN:
        raise EmbeddedError(f"can't start Kafka: `{path}` is {printed.strip().splitlines()[:1]}; {remedy}")
    return path


def fetch_jars(folder: Path, say: Say) -> None:
    """Have Kafka's jars in the folder, by Maven if need be. Several processes may ask at once."""
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()
    if not _complete(folder, digest):
        with exclusive(folder.with_name(folder.name + ".fetch"), wait=True):
            if not _complete(folder, digest):
                _fetch(folder, digest, say)


def _complete(folder: Path, digest: str) -> bool:
    marker = folder / MARKER
    return marker.is_file() and marker.read_text() == digest


def _fetch(folder: Path, digest: str, say: Say) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EmbeddedError(
            "can't fetch Kafka: there is no `mvn` on the PATH; "
            "install Maven 3.6 or newer (Debian: `apt install maven`)"
        )
    say(f"fetching Kafka's jars by Maven into `{folder}` (about 55 MB, once)")
    shutil.rmtree(folder, ignore_errors=True)
    command = [maven, "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder.resolve()}", "-Dstyle.color=never"]
    try:
        run(command, what="fetching Kafka's jars", say=say, timeout_s=FETCH_TIMEOUT_S)
    except EmbeddedError as error:
        raise EmbeddedError(
            f"{error}\nif Maven can't reach its repository: "
            "check the network, or name a mirror in Maven's settings.xml"
        ) from error
    (folder / MARKER).write_text(digest)


def run_java(jars: Path, arguments: list[str], *, what: str, say: Say, timeout_s: float) -> None:
    """Run one of Kafka's own tools to its end."""
    # A short-lived tool is quicker without the optimising compiler.
    command = [java(), "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", *arguments]
    run(command, what=what, say=say, timeout_s=timeout_s)
