"""Reordering samples in place. Compiled by numba, and apart so that nothing else waits for it."""

import numpy as np
from numba import njit


@njit(cache=True)
def reorder(rows, order):
    """Make ``rows[order]`` of rows in place, along each cycle of the order.

    Parameters
    ----------
    rows : array, (n, p)
    order : integer array, (n,)
        A permutation.
    """
    done = np.zeros(len(rows), np.bool_)
    kept = np.empty_like(rows[0])
    for start in range(len(rows)):
        if done[start]:
            continue
        kept[:] = rows[start]
        place = start
        while order[place] != start:
            rows[place] = rows[order[place]]
            done[place] = True
            place = order[place]
        rows[place] = kept
        done[place] = True
