"""The network that is trained, and the discriminator that it is trained against.

From the ground up:

* `depthwise`: depthwise convolution with quick gradients on a CPU
* `unet`: the generator's network: an EfficientNet-Lite2 backbone that sees L, a U-Net decoder that sees hints
* `ab_bins`: ab as a choice among bins
* `heads`: what the last layer means: a choice among bins, or a and b themselves
* `pretrained_backbone`: ImageNet weights for the backbone
* `discriminator`: are these colours real? It is given a and b alone
"""
