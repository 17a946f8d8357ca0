"""A stand-in of the Hugging Face Hub on this machine: repositories in memory, in the shape of its API.

As there, large files (`.onnx`) are a redirection to another address, with their SHA-256 and size in the head.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

COMMIT = "c0ffee" + "0" * 34
OTHER_COMMIT = "decade" + "0" * 34
_ADDRESS = re.compile(r"(?:/cdn)?/([^/]+/[^/]+)/resolve/([^/]+)/([^/]+)")


@dataclass
class StandIn:
    """What the server has, and what it was asked for."""

    address: str = ""
    # OWNER/NAME -> revision or commit -> commit
    revisions: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)  # by repository and commit
    gated: set[str] = field(default_factory=set)
    limited: set[str] = field(default_factory=set)  # of which too much was asked
    requests: list[str] = field(default_factory=list)

    def put(
        self, repository: str, files: Mapping[str, bytes], commit: str = COMMIT, names: Iterable[str] = ()
    ) -> None:
        """Have a commit in a repository, to which `main` and `names` lead from now on."""
        revisions = self.revisions.setdefault(repository, {})
        revisions.update(dict.fromkeys(("main", commit, *names), commit))
        self.files[repository, commit] = dict(files)


def make_files(weights: Path, **changes: Any) -> dict[str, bytes]:
    """Return the files of a repository with these weights. `changes`: to what its `config.json` says."""
    data = weights.read_bytes()
    said = {"file": "generator.onnx", "sha256": hashlib.sha256(data).hexdigest(), **changes}
    return {"generator.onnx": data, "config.json": json.dumps({"colorify": said}).encode()}


@contextmanager
def run_hub() -> Iterator[StandIn]:
    """Serve a stand-in on a free port of this machine."""
    hub = StandIn()

    class Handler(_Handler):
        stand_in = hub

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub = self.stand_in
        hub.requests.append(f"{self.command} {self.path}")
        found = _ADDRESS.fullmatch(self.path)
        if found is None:  # it asks for a list of programs, too, to say which of them it works for
            return self._refuse(404, "NotFound")
        repository, revision, file = found.groups()
        if repository in hub.gated:
            return self._refuse(403, "GatedRepo")
        if repository in hub.limited:
            return self._refuse(429, "RateLimit")
        if repository not in hub.revisions:
            return self._refuse(404, "RepoNotFound")
        commit = hub.revisions[repository].get(unquote(revision))
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        data = hub.files[repository, commit].get(file)
        if data is None:
            return self._refuse(404, "EntryNotFound", commit)
        digest = hashlib.sha256(data).hexdigest()
        if file.endswith(".onnx") and not self.path.startswith("/cdn"):
            self.send_response(302)
            self.send_header("Location", f"{hub.address}/cdn/{repository}/resolve/{commit}/{file}")
            self.send_header("X-Linked-ETag", f'"{digest}"')
            self.send_header("X-Linked-Size", str(len(data)))
            data = b""
        else:
            self.send_response(200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{digest[:40]}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)
        return None

    def _refuse(self, status: int, code: str, commit: str | None = None) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        if commit is not None:
            self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_weights: Path) -> Iterator[StandIn]:
    """A stand-in with one repository, and an empty cache, for this process and those that it starts."""
    from huggingface_hub import constants

    with run_hub() as stand_in:
        monkeypatch.setattr(constants, "ENDPOINT", stand_in.address)
        template = stand_in.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("HF_ENDPOINT", stand_in.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        stand_in.put("someone/old-photos", make_files(tiny_weights), names=["v1", "refs/pr/1"])
        yield stand_in
