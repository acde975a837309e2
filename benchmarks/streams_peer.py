"""The Kafka Streams peer made ready: its jars by Maven, its one class by `javac`, both in build/streams."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Final

from services.runtime.embedded.child import exclusive, run, say_on_stderr
from services.runtime.embedded.jars import JAVA_VERSION_MIN, java
from services.runtime.settings import PROJECT

SOURCE: Final = Path(__file__).with_name("streams")
POM: Final = SOURCE / "pom.xml"
PROGRAM: Final = SOURCE / "CommonStreams.java"
BUILT: Final = PROJECT / "build" / "streams"
BUILD_TIMEOUT_S: Final = 600.0
JVM_OPTIONS: Final = ("-Xmx1g", "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


def missing() -> str:
    """Which program is missing to build and run it, with the remedy; "" when all are there."""
    wanted = {
        "java": "openjdk-17-jre-headless",
        "javac": "openjdk-17-jdk-headless",
        "mvn": "maven",
    }
    absent = [name for name in wanted if shutil.which(name) is None]
    if not absent:
        return ""
    packages = " ".join(wanted[name] for name in absent)
    remedy = f"install a JDK {JAVA_VERSION_MIN} and Maven (Debian: `apt install {packages}`)"
    return f"there is no `{absent[0]}` on the PATH; {remedy}"


def build() -> None:
    """Have jars and class, once for each state of the sources. Raises `EmbeddedError` with a remedy."""
    digest = hashlib.sha256(POM.read_bytes() + PROGRAM.read_bytes()).hexdigest()
    marker = BUILT / "complete"
    with exclusive(BUILT.with_name("streams.build"), wait=True):
        if marker.is_file() and marker.read_text() == digest:
            return
        shutil.rmtree(BUILT, ignore_errors=True)
        jars = [
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={BUILT / 'jars'}",
        ]
        _run(
            ["mvn", "--batch-mode", "--quiet", "--file", str(POM), *jars],
            "fetching the jars of Kafka Streams",
        )
        options = ["-Xlint:all", "-Werror", "--release", str(JAVA_VERSION_MIN), "-d", str(BUILT / "classes")]
        _run(
            ["javac", *options, "-cp", f"{BUILT / 'jars'}/*", str(PROGRAM)],
            "compiling the Kafka Streams peer",
        )
        marker.write_text(digest)


def command(arguments: list[str]) -> list[str]:
    """What runs it: bootstrap servers, topic prefix, name, file of literals, state folder, threads."""
    return [
        java(),
        *JVM_OPTIONS,
        "-cp",
        f"{BUILT / 'classes'}:{BUILT / 'jars'}/*",
        "CommonStreams",
        *arguments,
    ]


def _run(arguments: list[str], what: str) -> None:
    run(arguments, what=what, say=say_on_stderr, timeout_s=BUILD_TIMEOUT_S)
