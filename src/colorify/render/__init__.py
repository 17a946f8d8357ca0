"""From small ab and the L of a full-size photo to its RGB, strip by strip. L is never changed.

From the ground up:

* `upsample`: ab at the generator's scale becomes ab at the photo's, guided by L (a guided filter)
* `compose`: L and ab become RGB within the gamut
* `layer`: the colour alone, as a transparent layer
* `clip`: pictures become a short MP4
* `comparison`: before and after in one picture
* `subsampling`: the same for large photos, where four pixels share a colour
* `strips`: a whole photo, from the top down, on all cores
* `open_raster`: the grey photo and its colour above it, as one file with layers
"""
