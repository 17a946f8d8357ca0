"""Many photos: which is written where, colouring them several at a time, and folders that are watched.

From the ground up:

* `file_places`: which names are of one file, and whether it has changed
* `own_results`: what earlier runs wrote beside a photo, known by its name
* `foreign_files`: what lies where a result is to go, and was not made by Colorify
* `inputs`: which picture files the inputs of a run name
* `plan`: which photo is written where, decided before the first is touched
* `coloring`: one photo of a run: opened once, coloured, written
* `run`: the photos of a plan, coloured; one that fails is a result, and the others go on
* `watch`: photos that come into a folder, each given out once it is whole
* `bulk`: photos by the million, on one machine or a cluster
"""
