"""How often each set and each tone of skin occurs among training photos: python bench/tones.py SHARDS

Sets are counted by the names of all photos. Tones, in the sets whose photos are of one face each
(--faces): of the middle of a photo the pixels whose colour is skin's, YCbCr within the box of Chai &
Ngan 1999, "Face segmentation using skin-color map in videophone applications"; of those the median L and
b of CIE Lab, and from them the individual typology angle, atan((L - 50) / b), in the classes of Del Bino
& Bernerd 2013.

What this cannot say: it measures pixels, not people. Light, exposure, white balance, make-up and old
film move the angle by a class and more, and dark skin in bright light counts as lighter than it is. The
people in all other sets are not counted, as nothing here finds them. The colour box was made on few
faces.
"""

import json
import math
from collections import Counter
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

from colorify.color import lab_to_rgb
from colorify.dataset.shard_reader import decode_photos, read_members
from colorify.pixels import LabBytes, decode_lab

# degrees, from which on
TONES: Final = {
    "very light": 55.0,
    "light": 41.0,
    "intermediate": 28.0,
    "tan": 10.0,
    "brown": -30.0,
    "dark": -90.0,
}
FACE_SETS: Final = "fairface45k,utkface_crop,utkface"
SKIN_CB, SKIN_CR = (77, 127), (133, 173)  # codes of 8 bits
MIDDLE: Final = (0.3, 0.7)  # of a photo of one face: no hair, no background
MIN_SKIN_SHARE: Final = 0.3  # share of the middle


def typology_angle(lab: LabBytes) -> float | None:
    """Individual typology angle of the face in the middle, degrees; None where little of it is skin."""
    (top, bottom), (left, right) = ([round(share * side) for share in MIDDLE] for side in lab.shape[:2])
    face = decode_lab(lab[top:bottom, left:right]).reshape(-1, 3)
    skin = is_skin(lab_to_rgb(face) * 255)
    if skin.mean() < MIN_SKIN_SHARE:
        return None
    L, _, b = np.median(face[skin], axis=0)
    return math.degrees(math.atan2(L - 50, max(b, 1e-3)))


def is_skin(rgb: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether a colour, (n, 3), 0..255, is within the box of Chai & Ngan 1999."""
    red, green, blue = rgb.T
    cb = 128 - 0.168736 * red - 0.331264 * green + 0.5 * blue
    cr = 128 + 0.5 * red - 0.418688 * green - 0.081312 * blue
    return (SKIN_CB[0] <= cb) & (cb <= SKIN_CB[1]) & (SKIN_CR[0] <= cr) & (cr <= SKIN_CR[1])


def name_tone(angle: float) -> str:
    return next(name for name, least in TONES.items() if angle >= least)


@click.command()
@click.argument("shards", nargs=-1, required=True)
@click.option("--faces", default=FACE_SETS, show_default=True, help="Sets whose photos are of one face each.")
@click.option("--every", default=1, show_default=True, help="Faces of which one is looked at.")
@click.option("--json", "as_json", is_flag=True)
def main(shards: tuple[str, ...], faces: str, every: int, as_json: bool) -> None:
    """Count, and print two tables."""
    sets: Counter[str] = Counter()
    tones: Counter[str] = Counter()
    of_faces, seen, unclear = set(faces.split(",")), 0, 0
    for shard in shards:
        for key, data in read_members(shard):
            name = key.rpartition("-")[0]
            sets[name] += 1
            seen += name in of_faces
            if name not in of_faces or seen % every:
                continue
            angle = typology_angle(decode_photos([(key, data)])[0].lab)
            unclear += angle is None
            if angle is not None:
                tones[name_tone(angle)] += 1
    if as_json:
        print(json.dumps({"sets": sets, "tones": tones, "unclear": unclear}))
        return
    print(f"{sets.total()} photos of {len(sets)} sets\n\n| set | photos | share |\n|---|---|---|")
    for name, count in sets.most_common():
        print(f"| {name} | {count} | {count / sets.total():.1%} |")
    print(f"\n{tones.total()} faces, {unclear} more without clear skin\n\n| tone | angle | faces | share |")
    print("|---|---|---|---|")
    for name, least in TONES.items():
        print(f"| {name} | from {least:.0f} | {tones[name]} | {tones[name] / max(1, tones.total()):.1%} |")


if __name__ == "__main__":
    main()
