"""The containers are those of the flow table, and what surrounds them uses names that exist."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import prometheus_client
import pytest
import yaml

from services.flow import STAGES
from services.runtime import metrics
from services.runtime.settings import ENV_PREFIX, SECRET_FIELDS, Settings

PROJECT = Path(__file__).parents[2]
COMPOSE = PROJECT / "docker-compose.yml"
DOCKER = PROJECT / "docker"
BESIDE = {"kafka", "postgres", "prepare", "prometheus", "grafana"}
"""Containers that are no stage."""
SUFFIXES = ("_total", "_bucket", "_count", "_sum")
"""What Prometheus adds to the names of counters and histograms."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, with its anchors put in place."""
    read: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return read


def test_the_file_keeps_to_the_specification(compose: dict[str, Any]) -> None:
    """Held against the schema of the Compose specification, which check-jsonschema carries."""
    found = importlib.util.find_spec("check_jsonschema")
    assert found is not None
    assert found.origin is not None
    vendored = Path(found.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(compose, json.loads(vendored.read_text()))


def test_there_is_one_container_per_stage_with_the_same_command(compose: dict[str, Any]) -> None:
    """One name all the way: table, container, command."""
    services = compose["services"]
    assert set(services) == set(STAGES) | BESIDE
    for stage in STAGES:
        assert services[stage]["command"] == ["worker", stage]
        assert services[stage]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}


def test_each_container_is_given_settings_that_exist(compose: dict[str, Any]) -> None:
    """A misspelt variable would stop the worker; here it stops the test."""
    for name, service in compose["services"].items():
        for variable in service.get("environment", {}):
            if variable.startswith(ENV_PREFIX):
                assert variable[len(ENV_PREFIX) :].lower() in Settings.model_fields, f"{name}: {variable}"


def test_stages_that_write_postgresql_are_told_where_it_is(compose: dict[str, Any]) -> None:
    """And screening gets the key that it needs."""
    for stage, flow in STAGES.items():
        given = compose["services"][stage]["environment"]
        assert flow.database <= (f"{ENV_PREFIX}POSTGRES_DSN" in given), stage
    assert f"{ENV_PREFIX}IDENTITY_KEY" in compose["services"]["screening"]["environment"]


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    """Each comes from a variable that must be set, with what to do where it isn't."""
    secret = re.compile(r"password|key|dsn", re.IGNORECASE)
    seen = 0
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable) and not str(value).startswith("/"):
                assert re.search(r"\$\{[A-Z_]+:\?[^}]{20,}\}", str(value)), f"{name}: {variable}"
                seen += 1
    assert seen > len(SECRET_FIELDS)


def test_everything_listens_on_loopback_only(compose: dict[str, Any]) -> None:
    """Nothing is open to the network because somebody tried it out."""
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(published) >= len(BESIDE) - 1
    for port in published:
        assert port.startswith("127.0.0.1:"), port


def test_everything_that_serves_has_a_health_check(compose: dict[str, Any]) -> None:
    """Whoever waits for it knows when it is there."""
    for name, service in compose["services"].items():
        assert name in {"prepare", "grafana"} or "healthcheck" in service, name


def test_what_is_bound_into_containers_is_there(compose: dict[str, Any]) -> None:
    """Docker would make an empty folder of a path that doesn't exist."""
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0] if isinstance(volume, str) else ""
            if source.startswith("./"):
                assert (PROJECT / source).exists(), source


def test_every_variable_is_in_the_example(compose: dict[str, Any]) -> None:
    """Whoever copies the example has them all."""
    required = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text()))
    lines = (DOCKER / "example.env").read_text().splitlines()
    assert {line.partition("=")[0] for line in lines if line and not line.startswith("#")} == required


def test_the_image_takes_python_and_packages_as_they_were_tested() -> None:
    """By hashes from the lock file, with a Python that the project allows, and not as root."""
    text = (DOCKER / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert "FROM python:3.11" in text
    assert "\nUSER goodstanding\n" in text


def test_prometheus_asks_every_stage_where_it_serves() -> None:
    """One job per stage, on the port that the container is told."""
    jobs = yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert targets == {stage: [f"{stage}:{8080 if stage == 'api' else 9100}"] for stage in STAGES}


def test_the_dashboard_uses_metrics_of_the_catalogue_only() -> None:
    """A panel about a metric that nobody has would stay empty for ever."""
    known = set()
    for name in dir(metrics):
        metric = getattr(metrics, name)
        if isinstance(metric, prometheus_client.metrics.MetricWrapperBase):
            known |= {one.name for one in metric.describe()}
    board = json.loads((DOCKER / "grafana" / "dashboards" / "goodstanding.json").read_text())
    used = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"goodstanding_[a-z_]+", target["expr"])
    }
    assert len(used) > 10
    for name in used:
        base = next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)
        assert base in known, name


def test_the_dashboard_asks_for_labels_that_its_metrics_have() -> None:
    """Grouping by a label that isn't there would sum up everything in silence."""
    labels: dict[str, set[str]] = {}
    for name in dir(metrics):
        metric = getattr(metrics, name)
        if isinstance(metric, prometheus_client.metrics.MetricWrapperBase):
            labels[next(iter(metric.describe())).name] = {*metric._labelnames, "le"}
    board = json.loads((DOCKER / "grafana" / "dashboards" / "goodstanding.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            (name,) = re.findall(r"goodstanding_[a-z_]+", target["expr"])
            base = next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)
            grouped = re.findall(r"by \(([a-z, ]+)\)", target["expr"])
            shown = set(re.findall(r"\{\{([a-z]+)\}\}", target["legendFormat"]))
            assert shown | {label for group in grouped for label in group.split(", ")} <= labels[base], name
