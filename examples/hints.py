"""Say what colour something was: a hint is a colour at a pixel, and the generator carries it on."""

from pathlib import Path

from colorify import Colorizer, Hint

out = Path("out")  # a folder that git ignores
out.mkdir(exist_ok=True)

colorizer = Colorizer()
colorizer.colorize_file(Path("samples/camera.jpg"), out / "camera-guessed.jpg", overwrite=True)
colorizer.colorize_file(
    Path("samples/camera.jpg"),
    out / "camera-told.jpg",
    hints=[
        Hint(x=90, y=250, color="#1f2f55", radius=12),  # the coat was navy blue
        Hint(x=400, y=450, color="#5a6f2c", radius=12),  # the lawn was green
    ],
    overwrite=True,
)
print("compare out/camera-guessed.jpg with out/camera-told.jpg")
