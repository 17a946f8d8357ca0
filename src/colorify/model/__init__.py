"""From L to ab: what the network is given, the network, and what is done to its ab.

The way of a photo: `preprocess` -> `generator` -> `postprocess`, led by `predict`. From the ground up:

* `preprocess`: a photo's L, reduced, its levels stretched and its grain lowered
* `enlargement`: the L of a small photo, enlarged
* `spec`: what a weights file promises of itself
* `onnx_file`: what an ONNX file says of itself, and where it would read other files
* `hub`: weights files on the Hugging Face Hub
* `devices`: where the generator may run: the CPU, or an accelerator; a table
* `runtime`: ONNX Runtime, and its errors as ours
* `memory`: how much memory there is, and who has claimed what of it
* `logit_axes`: the logits of a photo by what differs most between its cells
* `cell_interpolation`: between the centres of wider cells, as matrices of shares
* `likeness`: how alike two places of a photo are to the generator
* `non_local_means`: colours on which all that is alike agrees
* `generator`: the network under ONNX Runtime: L in, ab and probabilities out; `weights/` is what we ship
* `registry`: the models of this machine, each with its licence and digest
* `bilateral_grid`: sums over what is near a cell and about as bright
* `postprocess`: colours moved apart; the uncertain ones smoothed, and faded
* `geodesic`: how far two places are from each other, by ways on which L changes slowly
* `hint_regions`: the thing that a hint lies on
* `hint_propagation`: what hints say of the rest of the photo
* `suggestions`: a few colours to choose from at one place
* `alternatives`: other plausible colourings of the whole photo
* `predict`: one colouring, or several, with hints and all of the above
* `scale`: at which scale the generator looks at a photo, and how two looks become one
* `exemplar`: the colours of a reference photo, as hints
"""
