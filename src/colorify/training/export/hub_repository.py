"""A weights file as a folder that can be uploaded to the Hugging Face Hub: model card, ONNX, config.

    FOLDER/generator.onnx
    FOLDER/config.json      which file it is, and its SHA-256: see `model.hub`
    FOLDER/README.md        the model card; its head is YAML (huggingface.co/docs/hub/model-cards)

Needs no PyTorch.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from colorify.atomic import refuse_existing, write_whole
from colorify.errors import SetupError
from colorify.model.hub import CONFIG, CONFIG_KEY
from colorify.model.onnx_file import read_entries
from colorify.model.registry import ModelEntry, describe_model
from colorify.model.runtime import read_model
from colorify.model.spec import read_metadata

WEIGHTS: Final = "generator.onnx"
CARD: Final = "README.md"
# SPDX -> as the Hub calls it; any other licence is "other", with its name
HUB_LICENSES: Final = {
    name: name.lower()
    for name in ("MIT", "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0")
}
_NOTES: Final = ("mode", "photos", "steps", "minutes", "confidence")  # of a file, that the card repeats


def refuse_repository(folder: Path, *, overwrite: bool) -> None:
    """Raise SetupError where a file of a repository is there already, before the work for it is done."""
    for name in (WEIGHTS, CONFIG, CARD):
        refuse_existing(folder / name, overwrite, SetupError)


def write_repository(weights: Path, folder: Path, *, overwrite: bool = False) -> ModelEntry:
    """Lay out `folder` with a weights file. Raises WeightsError, and SetupError where it cannot be written.

    `weights` may be the one that lies in the folder already. `overwrite`: files that are there.
    """
    entry = describe_model(weights.as_posix(), weights)
    data = read_model(weights)
    notes = read_metadata(read_entries(memoryview(data)), weights).get("notes", {})
    said = {"file": WEIGHTS, **{name: value for name, value in asdict(entry).items() if name != "weights"}}
    texts = {
        CONFIG: json.dumps({CONFIG_KEY: said}, indent=2) + "\n",
        CARD: _write_card(entry, notes if isinstance(notes, dict) else {}),
    }
    if weights != folder / WEIGHTS:
        write_whole(folder / WEIGHTS, data, overwrite=overwrite, kind=SetupError)
    for name, text in texts.items():
        write_whole(folder / name, text.encode(), overwrite=overwrite, kind=SetupError)
    return entry


def _write_card(entry: ModelEntry, notes: dict[str, Any]) -> str:
    known = HUB_LICENSES.get(entry.license)
    head = {
        "license": known or "other",
        **({} if known else {"license_name": entry.license}),
        "library_name": "colorify",
        "pipeline_tag": "image-to-image",
        "tags": ["colorization", "onnx", "photo-restoration"],
    }
    # JSON is YAML, so that nothing that a name holds can break out of its value
    yaml = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())
    rows = [
        ("version", entry.version),
        ("licence", entry.license),
        ("size", f"{entry.bytes / 1e6:.1f} MB"),
        ("SHA-256", f"`{entry.sha256}`"),
        *((name, str(notes[name])) for name in _NOTES if name in notes),
    ]
    table = "\n".join(f"| {name} | {_escape(value)} |" for name, value in rows)
    return f"""---
{yaml}
---
# {_escape(entry.name)}

Colours black-and-white photographs and films, with [Colorify](https://pypi.org/project/colorify-photo/):

```sh
pip install '.[hub]'  # in a copy of Colorify
colorify photo.jpg -m hf:OWNER/NAME    # the name of this repository
```

**Its colours are guesses**: likely ones for what is seen, not what was there.

| | |
|---|---|
{table}

`{WEIGHTS}` is given L of CIE Lab and returns a and b; its metadata say how. `{CONFIG}` holds its digest,
which Colorify compares. What it was trained on, and under which terms, is for its maker to write here.
"""


def _escape(text: str) -> str:
    """Write text of a file so that it stays in its cell."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
