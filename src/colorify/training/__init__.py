"""Making generators: from shards of colour photos to a weights file. Needs the extra `train`.

Three rooms: `network` is what is trained, `data` what it is trained on, `export` how it leaves. The run
itself, from the ground up:

* `recipe`: every number of a run, read from a small TOML file
* `checkpoint`: all that a run needs to go on exactly where it was
* `warm_start`: where a run starts from: another run, a weights file, or our own
* `weight_mean`: the mean of several, which is often better than either
* `distributed`: the processes of one run
* `lab`: Lab to sRGB in torch
* `losses`: what a run lowers
* `gan`: the discriminator's half of the training
* `distillation`: trained generators as teachers
* `optimizer`: what learns, and how fast
* `validation`: how a run stands on photos that it does not learn from
* `early_stopping`: rates cut on a plateau, and the end of a GAN that drifts
* `trainer`: the training loop
"""
