"""Looks at the validations, so that nobody has to: cuts the rates on a plateau, stops a GAN that drifts."""

import math
from dataclasses import dataclass

from colorify.training.recipe import Recipe
from colorify.training.validation import Validation


@dataclass
class EarlyStopping:
    """What it remembers; saved with the run."""

    best: float = math.inf  # smallest drift (GAN) or ab error (else) so far
    stale: int = 0  # validations since
    factor: float = 1.0  # of the rates
    first_error: float = math.nan  # ab error at the first validation of a GAN, Lab units
    stopped: bool = False

    def update(self, validation: Validation, recipe: Recipe) -> bool:
        """Take note of a validation. Returns whether it is the best so far."""
        gan = recipe.gan
        if gan is None:
            measure, patience, eligible = validation.ab_error, recipe.patience, True
        else:
            if math.isnan(self.first_error):
                self.first_error = validation.ab_error
            eligible = validation.ab_error <= gan.worst * self.first_error
            measure, patience = validation.drift, gan.patience
        if eligible and measure < self.best:
            self.best, self.stale = measure, 0
            return True
        self.stale += 1
        if patience and self.stale >= patience:
            if gan is None:
                self.factor, self.stale = self.factor * recipe.cut, 0
            else:
                self.stopped = True
        return False
