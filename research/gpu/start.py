"""Writes the weights that trunk.py starts from: start.py RUN_OR_WEIGHTS FILE ("shipped": the embedded ones)."""

import sys

import torch

from colorify.training.warm_start import load_generator

start = load_generator(sys.argv[1])
network = {name: tensor.half() if tensor.dim() == 4 else tensor for name, tensor in start.network.items()}
torch.save({"network": network, "centers": start.bins.centers, "weights": start.bins.weights}, sys.argv[2])
