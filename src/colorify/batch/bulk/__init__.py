"""Colour photos by the million, on one machine or a cluster; from and to any address that fsspec opens.

The work is cut into chunks once, and the cut is written down: that is what makes every photo have exactly one
result, whoever dies in between. From the ground up:

* `store`: a place that files are read from and written to whole: a folder, a bucket
* `source`: what is to be coloured: a folder, a list, shards
* `chunk_plan`: the chunks, written beside the results before the first is coloured
* `sink`: where results go: files as they were named, or shards
* `attempts`: how often a chunk was begun, and which photo kills its worker
* `worker`: one chunk: read, coloured, written, and a record of it; the same on every engine
* `engines`: who runs the workers: processes of this machine, or Ray
* `bulk_run`: the whole of it, and its report
"""
