"""Films: colours without flicker; luminance, sound and time are the film's own. Needs the extra `video`.

From the ground up:

* `files`: films and pictures by the names of their files
* `codecs`: what films can be written as: a table
* `yuv`: frames as planes of Y'CbCr
* `side_data`: what a decoder hangs on a frame besides its picture
* `clock`: time stamps that go on
* `span`: when a film begins and ends, as its file says
* `damage`: where a film is damaged
* `reader`: a film as it comes: what it is, and its frames
* `luma`: which Y' a colour must have so that its L is that of the grey it replaces
* `chroma`: from ab at the generator's scale to the chroma of a frame
* `frame_input`: what the generator and the flow see of a frame
* `optical_flow`: where each pixel is in the next frame
* `cuts`: where one shot ends and another begins
* `hint_tracking`: hints followed through their shot
* `weighted_colors`: what is known of the colours of a frame, each with its weight
* `motion_path`: where the points of a frame are in another one of its shot, and colours fetched from there
* `guided_filter`: planes smoothed along the edges of others
* `shot_colors`: a thing keeps its colour for as long as a shot shows it
* `temporal`: colours that do not flicker
* `film_options`: what a person can ask of a film, and what is said while it is made
* `image_sequence`: coloured frames as numbered pictures
* `encoders`: coloured frames become a piece of film, or pictures
* `segments`: the pieces of a long job, each with what is needed to go on after it
* `timecode`: the name of the first frame, for a part of a film
* `tags`: tags that go from a film to its result
* `differences`: what a film has and its result has not
* `mux`: pieces, sound, subtitles and chapters become one file
* `targets`: where a film is written, and whether such a file can hold it
* `film_result`: what the job of a film writes, and where
* `film_plan`: which film is written where
* `trial`: three frames and the first sound, written as the whole will be
* `job`: decode, look, colour and encode, overlapping
"""

from importlib.util import find_spec

from colorify.errors import SetupError
from colorify.extras import describe_extra

for _package in ("av", "cv2"):
    if find_spec(_package) is None:
        raise SetupError(
            f"films need the package {_package}, which is not installed. Type: {describe_extra('video')}"
        )

from colorify.video.film_options import FilmOptions, FilmProgress, FilmReport  # noqa: E402
from colorify.video.hint_tracking import TimedHint  # noqa: E402
from colorify.video.job import colorize_film, load_film_generator  # noqa: E402
from colorify.video.reader import DecodeFailure  # noqa: E402 - only once their packages are known to be there

__all__ = [
    "DecodeFailure",
    "FilmOptions",
    "FilmProgress",
    "FilmReport",
    "TimedHint",
    "colorize_film",
    "load_film_generator",
]
