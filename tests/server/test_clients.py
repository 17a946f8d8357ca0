"""The clients that docs/server.md shows, each against a real server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import Server

from command_line import photo, size
from waiting import PATIENCE

PAGE = Path(__file__).parents[2] / "docs" / "server.md"
ADDRESS = "http://127.0.0.1:8000"
CLIENTS = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text("utf-8").partition("<!-- clients:")[2], re.S))
RUNNERS = {
    "sh": ["sh", "-ec"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "-e"],
}
TOOLS = {"sh": "curl", "python": sys.executable, "js": "node"}


@pytest.mark.parametrize("language", RUNNERS)
@pytest.mark.usefixtures("in_tmp_path")
def test_a_client_of_the_page_works(language: str, server: Server) -> None:
    if shutil.which(TOOLS[language]) is None:
        pytest.skip(f"no {TOOLS[language]} here")
    photo("grandma.jpg", 160, 120)
    code = CLIENTS[language].replace(ADDRESS, server.url)
    assert server.url in code
    subprocess.run([*RUNNERS[language], code], check=True, timeout=PATIENCE)
    assert size("grandma-color.jpg") == (160, 120)


@pytest.mark.parametrize("language", RUNNERS)
@pytest.mark.usefixtures("in_tmp_path")
def test_a_client_of_the_page_hears_of_a_refusal(language: str, server: Server) -> None:
    if shutil.which(TOOLS[language]) is None:
        pytest.skip(f"no {TOOLS[language]} here")
    Path("grandma.jpg").write_text("no photo")
    code = CLIENTS[language].replace(ADDRESS, server.url)
    done = subprocess.run([*RUNNERS[language], code], capture_output=True, check=False, timeout=PATIENCE)
    assert done.returncode != 0


def test_what_the_clients_send_is_in_the_schema(server: Server) -> None:
    schema = server.client.get("/openapi.json").raise_for_status().json()
    body = schema["paths"]["/v1/colorize"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    form = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]] if "$ref" in body else body
    assert {"image", "strength", "hints"} <= set(form["properties"])
