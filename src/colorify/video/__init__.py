"""Films: colours without flicker; luminance, sound and time are the film's own. Needs the extra `video`."""

from importlib.util import find_spec

from colorify.errors import SetupError

for _package in ("av", "cv2"):
    if find_spec(_package) is None:
        raise SetupError(
            f"films need the package {_package}, which is not installed. "
            "Type: pip install 'colorify-photo[video]'"
        )

from colorify.video.film import Fault  # noqa: E402 - only once their packages are known to be there
from colorify.video.hinted import TimedHint  # noqa: E402
from colorify.video.job import colorize_film  # noqa: E402
from colorify.video.options import FilmOptions, FilmProgress, FilmReport  # noqa: E402

__all__ = ["Fault", "FilmOptions", "FilmProgress", "FilmReport", "TimedHint", "colorize_film"]
