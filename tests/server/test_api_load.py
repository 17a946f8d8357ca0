"""A thousand requests, good and bad: no fault of the server's own, and no memory lost."""

import random
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

import pytest
from serving import Server, new_session, picture
from test_app_safety import CORPUS

pytestmark = pytest.mark.slow

ROUNDS = 25  # of each picture of the corpus, broken or whole
ALLOWED_MB = 60  # that the process may grow; the first requests warm caches


def test_mixed_requests_give_no_500_and_no_leak(server: Server) -> None:
    whole = {suffix: picture(320, 240, suffix) for suffix in (".jpg", ".png", ".webp", ".tif")}
    pictures = [*CORPUS.values(), *whole.values(), *whole.values()]
    dice = random.Random(0)
    statuses: Counter[int] = Counter()
    before = 0.0
    for number in range(ROUNDS):
        for data in pictures:
            answer = server.client.post("/v1/colorize", files={"image": ("a", data)}, data=wild(dice))
            statuses[answer.status_code] += 1
        for path in ("/v1/sessions/none/original", "/v1/none?x=1", "/nothing", "/v1/models"):
            statuses[server.client.get(path).status_code] += 1
        for data in CORPUS.values():
            statuses[server.client.post("/v1/sessions", files={"image": ("a", data)}).status_code] += 1
        server.client.delete(f"/v1/sessions/{new_session(server, whole['.jpg'])['id']}")
        if number == ROUNDS // 3:
            before = server.memory_mb
    assert sum(statuses.values()) >= 1000
    assert set(statuses) <= {200, 404, 415, 422}, statuses
    assert statuses[200] > 100
    assert server.memory_mb < before + ALLOWED_MB
    text = server.client.get("/metrics").text
    assert "colorify_queue_in_use 0\n" in text
    assert 'status="500"' not in text


def wild(dice: random.Random) -> dict[str, str]:
    """Return some fields, some of them senseless."""
    choices = {
        "strength": ["0", "1", "1.5", "2", "-1", "nan", "x"],
        "vividness": ["0", "1", "2", "1e309"],
        "format": ["jpeg", "png", "webp", "bmp"],
        "hints": [
            "[]",
            '[{"x": 5, "y": 5, "color": "#ff0000"}]',
            '[{"x": 9999, "y": 5, "color": "#ff0000"}]',
            "{",
        ],
    }
    return {name: dice.choice(values) for name, values in choices.items() if dice.random() < 0.2}


@pytest.mark.timeout(1800)  # some hundred requests, on a busy machine too
@pytest.mark.skipif(find_spec("schemathesis") is None, reason="pip install 'colorify-photo[dev]'")
def test_the_api_is_what_its_description_says(server: Server) -> None:
    """Schemathesis makes requests from the OpenAPI, and checks statuses, kinds and shapes of the answers."""
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"]
    options = [
        "--checks",
        checks,
        "--max-examples",
        "30",
        "--seed",
        "1",
        "--phases",
        "coverage,fuzzing",
        "--no-color",
    ]
    done = subprocess.run(
        [*command, f"{server.url}/openapi.json", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
