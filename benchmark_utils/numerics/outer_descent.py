"""Descent on h for deterministic methods: constant or adaptive step sizes, or L-BFGS.

A method provides two functions. ``gradient(t, outer_var, inner_var)`` returns an
:class:`OuterGradient` at lambda, with an inner solver that starts from ``inner_var``.
``value(t, outer_var, inner_var)`` returns the pair of theta and F there.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np

from benchmark_utils.numerics.lbfgs_matrix import InverseHessian
from benchmark_utils.validation import any_of, one_of, positive

outer_step_sizes = any_of(positive, one_of("adaptive", "lbfgs"))

# Pairs that L-BFGS remembers, and halvings of a step before it forgets them.
MEMORY = 10
N_HALVINGS = 20
LEAST_NORM = 1e-10


class OuterGradient(NamedTuple):
    """The value and the gradient of h at lambda, as a method estimates them."""

    inner_var: Any  # (p,)
    value: float  # F(lambda, inner_var)
    hypergradient: Any  # (d,), an estimate
    slack: float = 0.0  # by how much the value may be wrong


def outer_descent(problem, step_size, gradient, value):
    """The iterates (inner_var, outer_var) of a descent on h, the starting point first.

    Parameters
    ----------
    problem : Problem
    step_size : float or "adaptive" or "lbfgs"
        Constant steps lambda <- lambda - step_size g. ``adaptive``: the first step has length 1. A
        step is kept if F decreases, up to the slack, by a tenth of the decrease that the gradient
        predicts; then the step size grows by a fifth. Otherwise lambda stays, and the step size is
        halved. ``lbfgs``: steps along -H g, with H the L-BFGS matrix, are halved until F decreases
        by a ten-thousandth of the predicted decrease.
    gradient, value : callable
        See the module's docstring.
    """
    descents = {"adaptive": adaptive_descent, "lbfgs": lbfgs_descent}
    inner_var, outer_var = problem.inner_var0, problem.outer_var0
    yield inner_var, outer_var
    if step_size in descents:
        yield from descents[step_size](problem, gradient, value)
        return
    for t in itertools.count():
        point = gradient(t, outer_var, inner_var)
        inner_var = point.inner_var
        outer_var = problem.project(outer_var - step_size * point.hypergradient)
        yield inner_var, outer_var


def adaptive_descent(problem, gradient, value):
    inner_var, outer_var = problem.inner_var0, problem.outer_var0
    step_size = None
    for t in itertools.count():
        inner_var, current, hypergradient, slack = gradient(t, outer_var, inner_var)
        if step_size is None:
            step_size = 1 / max(np.linalg.norm(hypergradient), LEAST_NORM)
        trial = problem.project(outer_var - step_size * hypergradient)
        trial_inner_var, trial_value = value(t, trial, inner_var)
        promised = hypergradient @ (outer_var - trial)
        if trial_value <= current - promised / 10 + slack:
            inner_var, outer_var = trial_inner_var, trial
            step_size *= 1.2
        else:
            step_size /= 2
        yield inner_var, outer_var


def lbfgs_descent(problem, gradient, value):
    inner_var, outer_var = problem.inner_var0, problem.outer_var0
    steps, changes = [], []
    previous = previous_gradient = None
    for t in itertools.count():
        inner_var, current, hypergradient, slack = gradient(t, outer_var, inner_var)
        if t:
            steps = [*steps, outer_var - previous][-MEMORY:]
            changes = [*changes, hypergradient - previous_gradient][-MEMORY:]
        inverse = InverseHessian(steps, changes)
        direction = inverse(hypergradient)
        if not inverse.n_pairs:
            direction = direction / max(np.linalg.norm(direction), LEAST_NORM)
        previous, previous_gradient = outer_var, hypergradient
        for halvings in range(N_HALVINGS):
            trial = problem.project(outer_var - 0.5**halvings * direction)
            trial_inner_var, trial_value = value(t, trial, inner_var)
            promised = hypergradient @ (outer_var - trial)
            if trial_value <= current - 1e-4 * promised + slack and promised > 0:
                inner_var, outer_var = trial_inner_var, trial
                break
        else:
            steps, changes = [], []
        yield inner_var, outer_var
