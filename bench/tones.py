"""How often each set and each tone of skin occurs among training photos: python bench/tones.py SHARDS

Sets are counted by the names of all photos. Tones: in every n-th photo the frontal faces that OpenCV's
Haar cascade finds; of the middle of each the pixels whose colour is skin's, YCbCr within the box of Chai
& Ngan 1999, "Face segmentation using skin-color map in videophone applications"; of those the median L
and b of CIE Lab, and from them the individual typology angle, atan((L - 50) / b), in the classes of Del
Bino & Bernerd 2013.

What this cannot say: it measures pixels, not people. Light, exposure, white balance, make-up and old
film move the angle by a class and more; the cascade finds frontal faces alone and misses dark ones in
dim light more often; the colour box was made on few faces. Profiles, hands and backs are not counted.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Final

import click
import cv2
import numpy as np

from colorify.color import rgb_to_lab
from colorify.dataset.shard_reader import read_members

# degrees, from which on
TONES: Final = {
    "very light": 55.0,
    "light": 41.0,
    "intermediate": 28.0,
    "tan": 10.0,
    "brown": -30.0,
    "dark": -90.0,
}
SKIN_CR, SKIN_CB = (133, 173), (77, 127)  # codes of 8 bits
MIDDLE: Final = (0.2, 0.8)  # of a face's box: no hair, no background
LEAST_SKIN: Final = 0.3  # share of the middle
LEAST_FACE_PX: Final = 24


def find_faces(rgb: np.ndarray, cascade: cv2.CascadeClassifier) -> Iterator[np.ndarray]:
    """Yield the middle of each face, (h, w, 3) uint8."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    for x, y, width, height in cascade.detectMultiScale(
        gray, 1.15, 5, minSize=(LEAST_FACE_PX, LEAST_FACE_PX)
    ):
        (top, bottom), (left, right) = (
            [round(start + share * side) for share in MIDDLE] for start, side in ((y, height), (x, width))
        )
        yield rgb[top:bottom, left:right]


def typology_angle(face: np.ndarray) -> float | None:
    """Individual typology angle of a face's skin, degrees; None where little of it has skin's colours."""
    codes = cv2.cvtColor(face, cv2.COLOR_RGB2YCrCb)
    red, blue = codes[..., 1], codes[..., 2]
    skin = (SKIN_CR[0] <= red) & (red <= SKIN_CR[1]) & (SKIN_CB[0] <= blue) & (blue <= SKIN_CB[1])
    if skin.mean() < LEAST_SKIN:
        return None
    L, _, b = np.median(rgb_to_lab(face[skin].astype(np.float32) / np.float32(255)), axis=0)
    return math.degrees(math.atan2(L - 50, max(b, 1e-3)))


@click.command()
@click.argument("shards", nargs=-1, required=True)
@click.option("--every", default=30, show_default=True, help="Photos of which one is looked at for faces.")
@click.option("--json", "as_json", is_flag=True)
def main(shards: tuple[str, ...], every: int, as_json: bool) -> None:
    """Count, and print two tables."""
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    sets: Counter[str] = Counter()
    tones: Counter[str] = Counter()
    looked_at = with_face = 0
    for shard in shards:
        for key, data in read_members(shard):
            number = sets.total()
            sets[key.rpartition("-")[0]] += 1
            if number % every:
                continue
            looked_at += 1
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
            angles = [typology_angle(face) for face in find_faces(pixels, cascade)]
            found = [angle for angle in angles if angle is not None]
            with_face += bool(found)
            tones.update(next(name for name, least in TONES.items() if angle >= least) for angle in found)
    if as_json:
        print(json.dumps({"sets": sets, "tones": tones, "looked_at": looked_at, "with_face": with_face}))
        return
    print(f"{sets.total()} photos of {len(sets)} sets; {looked_at} looked at, {with_face} with a face\n")
    print("| set | photos | share |\n|---|---|---|")
    for name, count in sets.most_common():
        print(f"| {name} | {count} | {count / sets.total():.1%} |")
    print("\n| tone | angle | faces | share |\n|---|---|---|---|")
    for name, least in TONES.items():
        print(f"| {name} | from {least:.0f} | {tones[name]} | {tones[name] / max(1, tones.total()):.1%} |")


if __name__ == "__main__":
    main()
