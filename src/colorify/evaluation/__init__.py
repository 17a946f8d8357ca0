"""How good are the colours? Measured on photos whose colours are known.

From the ground up:

* `metrics`: a colourised picture against its original: PSNR, dE, colourfulness
* `coverage`: things left grey, and colour that does not fill a thing evenly
* `lpips`: the two convolutional nets of LPIPS, frozen
* `set_distance`: LPIPS of pairs, and how far apart two sets of pictures are
* `scoring`: photos colourised as a user would, and scored
"""
