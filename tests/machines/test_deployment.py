"""The deployment files: they are read as what they are, and what they say of us is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from afluente.cli import cli
from afluente.security.keyfile import ring_from
from afluente.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
KNOWN = {f"AFLUENTE_{entry.name.upper()}" for entry in fields(Settings)}


def compose() -> dict[str, Any]:
    """Read the compose file, with its anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def manifests() -> list[dict[str, Any]]:
    """Read every document of the Kubernetes manifest."""
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def manifest(kind: str, name: str) -> dict[str, Any]:
    """Return one of them."""
    return next(m for m in manifests() if (m["kind"], m["metadata"]["name"]) == (kind, name))


def accepts(arguments: list[str]) -> bool:
    """Tell whether the command line knows a command and all its options."""
    command = cli.commands[arguments[0]]
    options = {option for parameter in command.params for option in parameter.opts}
    return {argument for argument in arguments if argument.startswith("--")} <= options


def test_the_compose_file_has_a_database_servers_and_workers() -> None:
    """Each service has an image; volumes and services that are named are there."""
    read = compose()
    assert set(read["services"]) == {"database", "server", "worker"}
    for service in read["services"].values():
        assert isinstance(service["image"], str)
        for needed, how in service.get("depends_on", {}).items():
            assert "healthcheck" in read["services"][needed]
            assert how == {"condition": "service_healthy"}
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in read["volumes"]
    dockerfile = DEPLOY.parent / read["x-afluente"]["build"]["dockerfile"]
    assert dockerfile.is_file()
    for copied in re.findall(r"^COPY (\S+)", dockerfile.read_text(), re.MULTILINE):
        assert (DEPLOY.parent / copied).exists()


@pytest.mark.parametrize("service", ["server", "worker"])
def test_compose_starts_what_there_is(service: str) -> None:
    """Commands, options and settings are ours; what runs has its grace before it is killed."""
    described = compose()["services"][service]
    assert accepts(described["command"])
    ours = {name for name in described["environment"] if name.startswith("AFLUENTE_")}
    assert ours <= KNOWN
    assert {"AFLUENTE_DATABASE", "AFLUENTE_KEY"} <= ours
    if service == "worker":
        assert int(described["stop_grace_period"].removesuffix("s")) > Settings().worker_grace


def test_kubernetes_finds_its_parts() -> None:
    """Selectors find their pods, ports and secrets are named as they are defined."""
    for one in manifests():
        assert {"apiVersion", "kind", "metadata"} <= set(one)
    for part in ("server", "worker"):
        described = manifest("Deployment", f"afluente-{part}")["spec"]
        pod = described["template"]
        labels = pod["metadata"]["labels"]
        assert described["selector"]["matchLabels"] == labels == {"app": "afluente", "part": part}
        (container,) = pod["spec"]["containers"]
        assert accepts(container["args"])
        for source in container["envFrom"]:
            for kind, name in (("Secret", source.get("secretRef")), ("ConfigMap", source.get("configMapRef"))):
                assert name is None or manifest(kind, name["name"])
    service = manifest("Service", "afluente")["spec"]
    assert service["selector"] == {"app": "afluente", "part": "server"}
    ports = manifest("Deployment", "afluente-server")["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert service["ports"][0]["targetPort"] in {port["name"] for port in ports}


def test_a_manifest_that_was_not_filled_in_starts_nothing() -> None:
    """Each pod would make a key of its own otherwise, and none could open what another has sealed."""
    with pytest.raises(ValueError, match="base64"):
        ring_from(manifest("Secret", "afluente")["stringData"]["AFLUENTE_KEY"])


def test_kubernetes_sets_what_can_be_set() -> None:
    """Every setting is one, its value can be read, and a worker has its grace before it is killed."""
    told = {**manifest("ConfigMap", "afluente")["data"], **manifest("Secret", "afluente")["stringData"]}
    assert set(told) <= KNOWN
    settings = Settings.read(told)
    assert settings.many
    pod = manifest("Deployment", "afluente-worker")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > settings.worker_grace
