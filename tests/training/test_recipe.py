from pathlib import Path

import pytest

from colorify.errors import UsageError
from colorify.training.recipe import Phase, load_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
PHASES = "phases = [ { until = 1.0, size = 64, batch = 2 } ]\n"


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.toml")), ids=lambda path: path.stem)
def test_the_recipes_that_we_ship_can_be_read(path: Path) -> None:
    assert load_recipe(path).phases[-1].until == 1


def test_entries_left_out_keep_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text("steps = 3\n" + PHASES)
    recipe = load_recipe(path)
    assert recipe.phases == (Phase(until=1.0, size=64, batch=2),)
    assert recipe.temperature == 0.38


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PHASES, "either steps or minutes"),
        ("steps = 3\nminutes = 2\n" + PHASES, "either steps or minutes"),
        ("steps = 3\nphases = [ { until = 0.9, size = 64, batch = 2 } ]", "until = 1.0"),
        ("steps = 3\nphases = []", "until = 1.0"),
        ("steps = 3\nphases = [ { until = 1.0, size = 50, batch = 2 } ]", "no multiple of 32"),
        ("steps = 3\nspeed = 2\n" + PHASES, "no such entry: speed"),
        ("steps = 3\nzone = 0.0\n" + PHASES, "zone = 0.0: expected a share"),
        ("steps = 3\nschedule = 'linear'\n" + PHASES, "schedule = 'linear': expected cosine or constant"),
        ("steps = 3\nscale = [300, 160]\n" + PHASES, "two numbers of px, the smaller one first"),
        ("steps = 3\nscale = [160]\n" + PHASES, "two numbers of px"),
        ("steps = 3\nscale = 160\n" + PHASES, "not a recipe"),
        ("steps = 3\nseed = 20261201\n" + PHASES, "seed = 20261201: expected a whole number, 0 to 65535"),
        ("steps = 3\nseed = -1\n" + PHASES, "seed = -1: expected a whole number"),
        ("steps = 3\nseed = 1.5\n" + PHASES, r"seed = 1\.5: expected a whole number"),
        ("steps = 3\nbuffer = 0\n" + PHASES, "expected 1 photo or more"),
        ("steps = 3\nrecolored = 1.5\n" + PHASES, "expected a share of the samples"),
        ("steps = 3\n" + PHASES + "[damage]\nfire = 0.5", "no such damage: fire. There are: emulsion"),
        ("steps = = 3", "not a recipe"),
        ("steps = 3", "not a recipe"),
    ],
)
def test_a_wrong_recipe_is_refused_with_a_reason(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        load_recipe(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_recipe_from_notepad(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "notepad.toml"
    path.write_bytes(("# für später\r\nsteps = 3\r\n" + PHASES).encode(encoding))
    assert load_recipe(path).steps == 3
