"""Step sizes that a solver leaves to the problem: ``auto``."""

from benchmark_utils.validation import any_of, one_of, positive

step_size_or_auto = any_of(positive, one_of("auto"))


def automatic(solver, problem):
    """The step sizes of a solver that are ``auto``, as numbers.

    ``outer_step_size`` is the solver's ``auto_outer_step`` over the largest curvature of h where
    lambda starts; all others, of theta and of the linear system, are its ``auto_inner_step`` over
    the largest smoothness of G. To measure them is not a part of the run.

    Parameters
    ----------
    solver : StochasticSolver
    problem : Problem

    Returns
    -------
    step_sizes : dict of str to float
        By the name of the parameter.
    """
    names = [name for name in solver.parameters if getattr(solver, name) == "auto"]
    return {
        name: solver.auto_outer_step / problem.outer_smoothness
        if name == "outer_step_size"
        else solver.auto_inner_step / problem.largest_smoothness
        for name in names
        if name.endswith("step_size")
    }
