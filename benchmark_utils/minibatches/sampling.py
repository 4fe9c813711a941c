"""Which blocks iterations read, with or without replacement."""

import math

import numpy as np


def independent(rng, n_blocks):
    """``draw(shape)``, each block with the same probability, independently of the others."""

    def draw(shape):
        return rng.integers(n_blocks, size=shape)

    return draw


def in_passes(rng, n_blocks):
    """``draw(shape)``, pass by pass over all blocks, each pass in a new random order.

    The draws of one call go on where those of the last ended, and run over an array row by row.
    """
    left = np.empty(0, int)

    def draw(shape):
        nonlocal left
        n_drawn = math.prod(shape)
        n_passes = -(-(n_drawn - left.size) // n_blocks)
        passes = [rng.permutation(n_blocks) for _ in range(n_passes)]
        drawn, left = np.split(np.concatenate([left, *passes]), [n_drawn])
        return drawn.reshape(shape)

    return draw
