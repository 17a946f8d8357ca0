"""From shards and folders to batches, with the damages of old photographs.

From the ground up:

* `photo_folder`: a folder of somebody's own photos as samples
* `photo_source`: where a run's photos are: in shards, or in memory
* `photo_stream`: an endless stream of photos out of shards, in constant memory
* `stream_state`: where a run stands in them, as its checkpoint says it
* `decoding`: photos decoded in processes beside the training
* `batches`: from decoded photos to batches: sub-zones, scales, flips, hints
* `device_dataset`: all photos in one tensor on the device, and batches cut from it there
* `region_hints`: hints that stand for a whole thing, which gets another colour
* `augment`: what age does to a photograph, done to L alone
* `mounts`: frames, mounts and oval masks, grey and to be left grey
* `levels`: a batch as the generator will be given it
* `loader`: an endless supply of batches, streamed or from the device
"""
