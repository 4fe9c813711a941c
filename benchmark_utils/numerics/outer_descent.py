"""Descent on h for deterministic methods: constant or adaptive step sizes, or L-BFGS.

A method provides a function ``gradient(t, outer_var, inner_var)``, which returns an
:class:`OuterGradient` at lambda; an inner solver starts from ``inner_var``.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np

from benchmark_utils.numerics.lbfgs_matrix import InverseHessian
from benchmark_utils.validation import any_of, one_of, positive

outer_step_sizes = any_of(positive, one_of("adaptive", "lbfgs"))

# Pairs that L-BFGS remembers, and halvings of a step before it forgets them.
MEMORY = 20
N_HALVINGS = 20
LEAST_NORM = 1e-10


class OuterGradient(NamedTuple):
    """The value and the gradient of h at lambda, as a method estimates them."""

    inner_var: Any  # (p,)
    value: float  # F(lambda, inner_var)
    hypergradient: Any  # (d,), an estimate
    slack: float = 0.0  # by how much the value may be wrong


def outer_descent(problem, step_size, gradient):
    """The iterates (inner_var, outer_var) of a descent on h, the starting point first.

    Parameters
    ----------
    problem : Problem
    step_size : float or "adaptive" or "lbfgs"
        Constant steps lambda <- lambda - step_size g. ``adaptive``: the first step has length 1. A
        step is kept if F decreases, up to the slack, by a tenth of the decrease that the gradient
        predicts; then the step size grows by a fifth. Otherwise lambda stays, and the step size is
        halved. ``lbfgs``: see :func:`lbfgs_descent`. All steps are projected onto the box.
    gradient : callable
        See the module's docstring.
    """
    descents = {"adaptive": adaptive_descent, "lbfgs": lbfgs_descent}
    inner_var, outer_var = problem.inner_var0, problem.outer_var0
    yield inner_var, outer_var
    if step_size in descents:
        yield from descents[step_size](problem, gradient, inner_var, outer_var)
        return
    for t in itertools.count():
        point = gradient(t, outer_var, inner_var)
        inner_var = point.inner_var
        outer_var = problem.project(outer_var - step_size * point.hypergradient)
        yield inner_var, outer_var


def adaptive_descent(problem, gradient, inner_var, outer_var):
    point = gradient(0, outer_var, inner_var)
    step_size = 1 / max(np.linalg.norm(point.hypergradient), LEAST_NORM)
    for t in itertools.count(1):
        trial = problem.project(outer_var - step_size * point.hypergradient)
        trial_point = gradient(t, trial, point.inner_var)
        if decreases(point, trial_point.value, outer_var - trial, 0.1, point.slack):
            point, outer_var = trial_point, trial
            step_size *= 1.2
        else:
            step_size /= 2
            point = sharpened(point, t, outer_var, gradient)
        yield point.inner_var, outer_var


def lbfgs_descent(problem, gradient, inner_var, outer_var):
    """The iterates of projected L-BFGS, without the starting point.

    Entries of lambda at a bound at which h decreases outwards are held there. The others move along
    -H g, with H the L-BFGS matrix of these entries, and are projected onto the box. Steps are
    halved until F decreases by a ten-thousandth of the predicted decrease. If none does, the pairs
    of H are forgotten; if there are none, and F has no slack, nothing is left to gain, and the
    descent ends.

    Bertsekas, Projected Newton methods for optimization problems with simple constraints, SIAM J.
    Control and Optimization 1982.

    Parameters
    ----------
    problem : Problem
    gradient : callable
        See the module's docstring.
    inner_var, outer_var : array, (p,), (d,)
        The starting point.
    """
    steps, changes = [], []
    point = gradient(0, outer_var, inner_var)
    for t in itertools.count(1):
        free = problem.projected_gradient(outer_var, point.hypergradient) != 0
        inverse = InverseHessian([s[free] for s in steps], [y[free] for y in changes])
        direction = np.zeros_like(outer_var)
        direction[free] = inverse(point.hypergradient[free])
        if not inverse.n_pairs:
            direction /= max(np.linalg.norm(direction), LEAST_NORM)
        for halvings in range(N_HALVINGS):
            trial = problem.project(outer_var - 0.5**halvings * direction)
            trial_point = gradient(t, trial, point.inner_var)
            if decreases(point, trial_point.value, outer_var - trial, 1e-4):
                change = trial_point.hypergradient - point.hypergradient
                steps = [*steps, trial - outer_var][-MEMORY:]
                changes = [*changes, change][-MEMORY:]
                point, outer_var = trial_point, trial
                break
        else:
            if not inverse.n_pairs and not point.slack:
                return
            steps, changes = [], []
            point = sharpened(point, t, outer_var, gradient)
        yield point.inner_var, outer_var


def sharpened(point, t, outer_var, gradient):
    """The same lambda anew if its value was inexact: tolerances may have decreased since."""
    return gradient(t, outer_var, point.inner_var) if point.slack else point


def decreases(point, trial_value, way, fraction, slack=0.0):
    """Whether F decreases along a way, backwards, by a fraction of what its gradient predicts.

    It must decrease indeed: a step that changes F by less than its rounding may lead anywhere.
    """
    predicted = point.hypergradient @ way
    bound = min(point.value - fraction * predicted, np.nextafter(point.value, -np.inf))
    return predicted > 0 and trial_value <= bound + slack
