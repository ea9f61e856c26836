"""The examples for workers are files that their hosts accept, and start the program as it is.

The schema of a Deployment is that of Kubernetes 1.37's OpenAPI document (Apache License 2.0), without descriptions.
"""

from __future__ import annotations

import configparser
import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from hubspot_dest.cli.commands.listen import command as listen
from hubspot_dest.cli.commands.work import command as work
from hubspot_dest.cli.run_deadline import SIGNAL_SECONDS
from hubspot_dest.streams.address import StreamAddress, read_address
from tests.docs.command_blocks import ROOT

EXAMPLES = ROOT / "docs" / "examples"
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "kubernetes-deployment.json").read_text("utf-8"))


def kubernetes() -> list[dict[str, Any]]:
    """Return the Deployment, the autoscaler and its credentials."""
    return list(yaml.safe_load_all((EXAMPLES / "workers-kubernetes.yaml").read_text("utf-8")))


def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((EXAMPLES / "workers-compose.yaml").read_text("utf-8"))[
        "services"
    ]
    return services


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(EXAMPLES / "hubspot-dest-work@.service", encoding="utf-8")
    return parser


def worker_arguments() -> dict[str, list[str]]:
    """Return the arguments of `work` in each example."""
    container = kubernetes()[0]["spec"]["template"]["spec"]["containers"][0]
    program, *systemd = shlex.split(unit()["Service"]["ExecStart"].replace("%i", "1"))
    assert program.endswith("/hubspot-dest")
    found = {"kubernetes": container["args"], "compose": compose()["work"]["command"], "systemd": systemd}
    assert {arguments[0] for arguments in found.values()} == {"work"}
    return {name: arguments[1:] for name, arguments in found.items()}


def options_of(arguments: list[str]) -> dict[str, Any]:
    return work.make_context("work", list(arguments)).params


def address_of(arguments: list[str]) -> StreamAddress:
    options = options_of(arguments)
    return read_address(options["source"], options["source_options"], {})


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_kubernetes_accepts_the_deployment() -> None:
    errors = list(jsonschema.Draft7Validator(SCHEMA).iter_errors(kubernetes()[0]))
    assert not errors, [error.message for error in errors]


def test_the_schema_of_a_deployment_notices_a_misspelt_key_and_a_wrong_type() -> None:
    deployment = kubernetes()[0]
    deployment["spec"]["replicas"] = "two"
    deployment["spec"]["template"]["spec"]["terminationGracePeriodSecond"] = 20
    assert len(list(jsonschema.Draft7Validator(SCHEMA).iter_errors(deployment))) == 2


@pytest.mark.parametrize("example", ["kubernetes", "compose", "systemd"])
def test_the_program_takes_the_arguments_of_the_example(example: str) -> None:
    arguments = worker_arguments()[example]
    assert options_of(arguments)["yes"]
    assert options_of(arguments)["health"]
    assert address_of(arguments).group == "hubspot"


def test_probes_and_scrapers_ask_where_the_worker_answers() -> None:
    deployment = kubernetes()[0]
    template = deployment["spec"]["template"]
    container = template["spec"]["containers"][0]
    options = options_of(container["args"][1:])
    health, metrics = (int(str(options[name]).rpartition(":")[2]) for name in ("health", "metrics"))
    ports = {port["containerPort"] for port in container["ports"]}
    assert ports == {health, metrics}
    assert container["livenessProbe"]["httpGet"] == {"path": "/health", "port": health}
    assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": health}
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(metrics)


def test_every_host_waits_longer_than_a_worker_needs_to_hand_its_partitions_over() -> None:
    pod = kubernetes()[0]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > SIGNAL_SECONDS
    assert seconds(compose()["work"]["stop_grace_period"]) > SIGNAL_SECONDS
    assert seconds(unit()["Service"]["TimeoutStopSec"]) > SIGNAL_SECONDS


def test_the_autoscaler_looks_at_the_lag_of_the_very_group_and_topic() -> None:
    """The names of the fields are those of KEDA's documentation of its Kafka scaler."""
    deployment, scaled, credentials = kubernetes()
    address = address_of(worker_arguments()["kubernetes"])
    assert (scaled["apiVersion"], scaled["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
    assert scaled["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["type"] == "kafka"
    metadata = trigger["metadata"]
    assert metadata["consumerGroup"] == address.group
    assert metadata["topic"] == address.streams[0]
    assert metadata["bootstrapServers"] == ",".join(address.hosts)
    assert metadata["offsetResetPolicy"] == "earliest"
    assert int(metadata["lagThreshold"]) > 0
    assert trigger["authenticationRef"]["name"] == credentials["metadata"]["name"]
    (secret,) = deployment["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    given = {
        item["parameter"]: (item["name"], item["key"]) for item in credentials["spec"]["secretTargetRef"]
    }
    name = secret["secretRef"]["name"]
    assert given["username"] == (name, "KAFKA_USERNAME")
    assert given["password"] == (name, "KAFKA_PASSWORD")
    assert {"sasl", "tls"} <= set(given)  # the workers log in with SASL over TLS


def test_the_collector_endpoint_writes_where_the_workers_read() -> None:
    services = compose()
    name, *arguments = services["listen"]["command"]
    assert name == "listen"
    options = listen.make_context("listen", list(arguments)).params
    sink = read_address(options["sink"], (), {}, needs_group=False)
    source = address_of(services["work"]["command"][1:])
    assert (sink.hosts, sink.streams) == (source.hosts, source.streams)


@pytest.mark.parametrize("name", ["hubspot-dest-work@.service", "hubspot-dest-listen.service"])
def test_systemd_accepts_the_unit(name: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not on this machine")
    text = (
        (EXAMPLES / name)
        .read_text(encoding="utf-8")
        .replace("/opt/hubspot-dest/bin/hubspot-dest", "/bin/true")
    )
    path = tmp_path / name.replace("@", "@1")
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([program, "verify", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
