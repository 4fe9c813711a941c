"""The exact value function: h, its gradient and theta* at a given lambda."""

from functools import cached_property
from numbers import Real

import numpy as np

from benchmark_utils.numerics.newton import hessian_solver
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.oracle import ORACLE_NAMES
from benchmark_utils.validation import finite

# A gradient of G that is larger at theta*, relative to that at theta = 0, says that Newton's method
# has ended before a minimum: at the kink of a penalty, say.
RESIDUAL = 1e-6
# Of G, relatively, at two points.
ROUNDING = 1e-9
# The distances to theta*, in units of its largest entry, of points at which G must be convex, too.
DISTANCES = (1, 0.1, 0.01)
# Iterations or calls that a results file can hold.
MOST = 2**63 - 1
NOT_FOUND = (
    "theta* was not found, so h is not judged: {found}. G is not smooth, or not strongly convex, "
    "which its problem claims: set strongly_convex = False; or its numbers are too large: scale "
    "the data"
)
NOT_DEFINED = "h is not judged: G is not strongly convex, so that theta* is not defined"
UNJUDGED = dict(value=np.nan, grad_norm=np.nan, inner_distance=np.nan)


class Judge:
    """Judge results of one solver on one problem.

    Parameters
    ----------
    problem : Problem

    Notes
    -----
    Each evaluation is warm-started from the previous one. Use a new judge for each curve: a curve
    must not depend, even in its last digits, on which solver ran before.
    """

    def __init__(self, problem):
        self.problem = problem
        self.inner_star = np.zeros(problem.inner_dim)
        # That of the last lambda for which a larger one was needed.
        self.residual_limit = RESIDUAL
        self.is_convex = None  # not tried yet

    # Overflows are reported as NaN, so no warning is needed.
    @np.errstate(all="ignore")
    def evaluate(self, inner_var, outer_var):
        """Judge one result.

        Parameters
        ----------
        inner_var : array, (p,)
        outer_var : array, (d,)

        Returns
        -------
        rows : list of dict
            One row: ``value`` h(lambda); ``grad_norm`` the Euclidean norm of its projected
            gradient lambda - P(lambda - grad h), with P the projection onto the box of lambda;
            ``inner_distance`` between ``inner_var`` and theta*(lambda); and the problem's own
            metrics at theta*. NaN if the result is not finite. NaN as well, with the ``reason``
            in a sentence, where theta* was not found, and from where on G turned out not to be
            convex: at ``inner_var``, or at three random points, tried once.

        Raises
        ------
        ValueError
            If the problem is not defined at ``outer_var``, or a variable is no array of numbers of
            its shape.
        """
        inner_var, outer_var = variables(self.problem, inner_var, outer_var)
        if not finite(inner_var, outer_var):
            return [UNJUDGED]
        require_domain(self.problem, outer_var)
        value, hypergradient, inner_star = value_function(self.problem, outer_var, self.inner_star)
        reason = self.doubt(inner_star, outer_var, hypergradient, inner_var)
        if reason:
            return [dict(**UNJUDGED, reason=reason)]
        if finite(inner_star):
            self.inner_star = inner_star
        row = dict(
            value=value,
            grad_norm=float(
                np.linalg.norm(self.problem.projected_gradient(outer_var, hypergradient))
            ),
            inner_distance=float(np.linalg.norm(inner_var - inner_star)),
        )
        return [dict(**row, **self.problem.metrics(inner_star, outer_var))]

    def doubt(self, inner_star, outer_var, hypergradient, inner_var):
        """Why theta* is none, in a sentence; None if it is, or if G is infinite where it starts."""
        problem = self.problem
        if not problem.smooth or problem.inner_is_root:
            return None
        if not finite(inner_star, hypergradient):
            value, grad = problem.inner_value_grad(self.inner_star, outer_var)
            found = "the Hessian of G is not positive definite, or G is not bounded below"
            return NOT_FOUND.format(found=found) if finite(value, grad) else None
        value, grad = problem.inner_value_grad(inner_star, outer_var)
        residual = np.linalg.norm(grad)
        if not residual <= self.residual_limit:
            _, first_grad = problem.inner_value_grad(np.zeros(problem.inner_dim), outer_var)
            self.residual_limit = RESIDUAL * max(1, np.linalg.norm(first_grad))
        if not residual <= self.residual_limit:
            found = f"the norm of grad_theta G is {residual:.1e} there"
            return NOT_FOUND.format(found=found)
        probes = points_around(inner_star) if self.is_convex is None else []
        self.is_convex = (
            self.is_convex is not False
            and all(self.is_above(x, inner_star, outer_var, value) for x in (inner_var, *probes))
            and all(self.curves_upwards(x, outer_var) for x in probes)
        )
        return None if self.is_convex else NOT_FOUND.format(found="G is not convex elsewhere")

    def is_above(self, inner_var, inner_star, outer_var, lowest):
        """Whether G at a point is as of a convex function with its minimum ``lowest`` at
        ``inner_star``: no lower, and with a tangent that is not above that minimum."""
        value, grad = self.problem.inner_value_grad(inner_var, outer_var)
        rise, slope = value - lowest, grad @ (inner_var - inner_star)
        rounding = ROUNDING * max(1, abs(value), abs(slope))
        # Where numbers overflow, nothing is said.
        return not (rise < -rounding or slope < rise - rounding)

    def curves_upwards(self, inner_var, outer_var):
        """Whether the Hessian of G at a point is that of a convex function, as far as Newton's
        method sees it."""
        value, grad = self.problem.inner_value_grad(inner_var, outer_var)
        if not finite(value, grad):
            return True
        return finite(hessian_solver(self.problem, inner_var, outer_var)(grad, 0.5))


def points_around(inner_star):
    """Random points at some distances to theta*."""
    directions = np.random.default_rng(0).standard_normal((len(DISTANCES), inner_star.size))
    lengths = max(1, np.abs(inner_star).max()) * np.array(DISTANCES)
    return list(inner_star + lengths[:, np.newaxis] * directions)


def require_domain(problem, outer_var):
    """Raise a ValueError if a problem is not defined at ``outer_var``."""
    if (problem.project(outer_var) == outer_var).all():
        return
    lower, upper = problem.lower, problem.upper
    box = f" (its box is [{lower:.4g}, {upper:.4g}])" if np.isfinite(upper) else ""
    raise ValueError(
        f"outer_var has entries from {outer_var.min()} to {outer_var.max()}, where the problem is "
        f"not defined{box}; project every outer step with oracle.project."
    )


def variables(problem, inner_var, outer_var):
    """A solver's theta (p,) and lambda (d,) as float64, see :func:`as_variable`."""
    return (
        as_variable("inner_var", inner_var, problem.inner_dim),
        as_variable("outer_var", outer_var, problem.outer_dim),
    )


def as_variable(name, given, size):
    """A solver's variable as float64; refused if its shape or dtype is another.

    NumPy would stretch one number to any shape without a word.
    """
    if np.ma.is_masked(given):
        raise ValueError(f"{name} has masked entries; return real numbers of shape ({size},).")
    variable = np.asarray(given)
    if variable.shape != (size,) or variable.dtype.kind not in "fiu":
        raise ValueError(
            f"{name} has the shape {variable.shape} and dtype {variable.dtype}; return real "
            f"numbers of shape ({size},)."
        )
    return variable.astype(float)


def as_counts(iterations, calls):
    """What a solver has done so far: columns of the results file.

    Parameters
    ----------
    iterations : int
    calls : dict of str to int
        The calls of each oracle, counted per sample.

    Raises
    ------
    ValueError
        If one of them is missing, or is no number from 0 to ``MOST``.
    """
    counts = {f"{name}_calls": calls.get(name) for name in ORACLE_NAMES}
    counts["iterations"] = iterations
    for name, count in counts.items():
        if not (isinstance(count, Real) and 0 <= count <= MOST):
            raise ValueError(f"{name} is {count!r}; return a number from 0 to {MOST}.")
    return counts


class PointJudge:
    """Judge results where G is not strongly convex, so that theta* and h are not defined.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem):
        self.problem = problem

    def evaluate(self, inner_var, outer_var):
        """Judge one result at its own theta.

        Parameters
        ----------
        inner_var : array, (p,)
        outer_var : array, (d,)

        Returns
        -------
        rows : list of dict
            One row: ``outer_value`` F(lambda, theta); ``inner_grad_norm``, the Euclidean norm of
            grad_theta G; the problem's own metrics at theta; and the ``reason`` for which
            ``value``, ``grad_norm`` and ``inner_distance`` are NaN.

        Raises
        ------
        ValueError
            If the problem is not defined at ``outer_var``.
        """
        inner_var, outer_var = variables(self.problem, inner_var, outer_var)
        row = dict(**UNJUDGED, reason=NOT_DEFINED)
        if not finite(inner_var, outer_var):
            return [dict(**row, outer_value=np.nan, inner_grad_norm=np.nan)]
        require_domain(self.problem, outer_var)
        outer_value, _ = self.problem.outer_value_grad(inner_var, outer_var)
        _, grad = self.problem.inner_value_grad(inner_var, outer_var)
        row |= dict(outer_value=outer_value, inner_grad_norm=float(np.linalg.norm(grad)))
        return [dict(**row, **self.problem.metrics(inner_var, outer_var))]


class EstimateJudge:
    """Judge estimates of the hypergradient at the initial lambda of the problem.

    Parameters
    ----------
    problem : Problem
    """

    # Overflows are reported as NaN, so no warning is needed.
    @np.errstate(all="ignore")
    def __init__(self, problem):
        self.problem = problem
        # Copies, as the problem's own are read-only, which compiled code takes for another type.
        inner_start, outer_var = problem.inner_var0.copy(), problem.outer_var0.copy()
        self.value, self.hypergradient, self.inner_star = value_function(
            problem, outer_var, inner_start
        )
        self.reason = Judge(problem).doubt(
            self.inner_star, outer_var, self.hypergradient, inner_start
        )

    def evaluate(self, inner_var, outer_var, hypergradient, jacobians=None):
        """Judge one estimate.

        Parameters
        ----------
        inner_var : array, (p,)
            theta^N, after the N inner iterations of the estimate.
        outer_var : array, (d,)
            The initial lambda.
        hypergradient : array, (d,)
            The estimate.
        jacobians : list of array, optional
            Estimates of the derivative of each signal's code in the dictionary, (K, m K).

        Returns
        -------
        rows : list of dict
            One row: ``value`` and ``grad_norm``, those of h at the initial lambda;
            ``gradient_error``, the Euclidean distance of the estimate to the gradient of h;
            ``relative_error``, the same divided by ``grad_norm``, unless that is 0;
            ``inner_distance`` between theta^N and theta*; and, if G is not smooth,
            ``support_distance``, the number of entries in which their supports differ. With
            ``jacobians`` one row per ``signal``, with the distances of that signal, and
            ``jacobian_error`` in the Frobenius norm. NaN, with the ``reason`` in a sentence, where
            theta* was not found.

        Raises
        ------
        ValueError
            If a variable or the estimate is no array of numbers of its shape.
        """
        inner_var, _ = variables(self.problem, inner_var, outer_var)
        hypergradient = as_variable("hypergradient", hypergradient, self.problem.outer_dim)
        if self.reason:
            return [
                dict(**UNJUDGED, gradient_error=np.nan, relative_error=np.nan, reason=self.reason)
            ]
        error = float(np.linalg.norm(hypergradient - self.hypergradient))
        norm = float(np.linalg.norm(self.hypergradient))
        common = dict(
            value=self.value,
            grad_norm=norm,
            gradient_error=error,
            relative_error=error / norm if norm else error,
        )
        if jacobians is None:
            return [dict(**common, **self.distances(inner_var, self.inner_star))]
        codes, codes_star = map(self.problem.codes, (inner_var, self.inner_star))
        return [
            dict(
                **common,
                **self.distances(code, code_star),
                signal=signal,
                jacobian_error=float(np.linalg.norm(jacobian - exact)),
            )
            for signal, (code, code_star, jacobian, exact) in enumerate(
                zip(codes, codes_star, jacobians, self.exact_jacobians, strict=True)
            )
        ]

    def distances(self, inner_var, inner_star):
        distances = dict(inner_distance=float(np.linalg.norm(inner_var - inner_star)))
        if not self.problem.smooth:
            supports = self.problem.support(inner_var), self.problem.support(inner_star)
            distances["support_distance"] = int(np.sum(supports[0] != supports[1]))
        return distances

    @cached_property
    def exact_jacobians(self):
        return self.problem.jacobians(self.inner_star, self.problem.outer_var0)
