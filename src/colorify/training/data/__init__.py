"""From shards and folders to batches, with the damages of old photographs.

From the ground up:

* `photo_folder`: a folder of somebody's own photos as samples
* `batches`: from photos in memory to batches: sub-zones, flips, hints
* `device_dataset`: all photos in one tensor on the device, and batches cut from it there
* `region_hints`: hints that stand for a whole thing, which gets another colour
* `augment`: what age does to a photograph, done to L alone
* `mounts`: frames, mounts and oval masks, grey and to be left grey
* `levels`: a batch as the generator will be given it
* `loader`: an endless supply of batches, made ahead
"""
