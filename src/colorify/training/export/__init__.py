"""From a trained network to a weights file that runs fast.

From the ground up:

* `batchnorm_folding`: batch norm folded into the convolutions, and unfolded again
* `channel_padding`: input channels in whole blocks, as ONNX Runtime's fast convolutions want them
* `onnx_branch`: the backbone as a branch that runs only when it is wanted
* `weights_file`: the ONNX model, with what it says of itself
* `hub_repository`: a folder that can be uploaded to the Hugging Face Hub
"""
