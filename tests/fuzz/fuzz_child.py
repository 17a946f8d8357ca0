"""The process that opens what may kill it: reads lines `PATH FORMAT`, and answers each with a line of JSON.

Memory is bound, so that a file that asks for too much fails here and not on the whole machine.
"""

import faulthandler
import json
import re
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pyvips

from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.images.formats import format_named
from colorify.images.metadata.location import remove_location
from colorify.images.metadata.provenance import is_colorify_output
from colorify.images.photo import open_photo
from colorify.images.save import Output

MAX_PIXELS = 1_000_000
SPARE = 2**30  # bytes of address space beyond those of an idle process


def main() -> None:
    faulthandler.enable()
    colorizer = Colorizer(sys.argv[1], threads=1)
    sound = Path(sys.argv[2])
    attempt(colorizer, sound, "png")  # whatever loads late is loaded now
    limit = status("VmSize") + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for line in sys.stdin:
        path, _, format_ = line.rstrip("\n").rpartition(" ")
        sys.stdout.write(json.dumps(measured(colorizer, Path(path), format_)) + "\n")
        sys.stdout.flush()


def measured(colorizer: Colorizer, path: Path, format_: str) -> dict[str, Any]:
    """Try one file; also say how much memory, in MB, and time of the processor it took."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, started = status("VmHWM"), time.process_time()
    outcome = attempt(colorizer, path, format_)
    grown = (status("VmHWM") - before) / 2**20
    return {"outcome": outcome, "memory": round(grown), "seconds": round(time.process_time() - started, 2)}


def attempt(colorizer: Colorizer, path: Path, format_: str) -> str:
    """Colour a file as a run does; "done", "refused", or what should not have happened."""
    try:
        is_colorify_output(path, max_pixels=MAX_PIXELS)
        report = colorizer.colorize_file(path, None, format=format_, max_pixels=MAX_PIXELS)
        assert report.data is not None
        made = pyvips.Image.new_from_buffer(report.data, "", fail_on="error")  # odd metadata stay odd
        made.avg()
        assert (made.width, made.height) == (report.width, report.height), "the result has another size"
        quiet = remove_location(open_photo(path, max_pixels=MAX_PIXELS))  # as the server does
        Output(format_named(format_), 8).notes(quiet)
    except PhotoError as error:
        text = str(error)
        assert text.isprintable(), f"unprintable: {text!r}"
        return "refused"
    except BaseException:  # noqa: BLE001 - whatever it is, it is a finding, and this process goes on
        return traceback.format_exc()
    return "done"


def status(name: str) -> int:
    """Return a figure of this process, in bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
