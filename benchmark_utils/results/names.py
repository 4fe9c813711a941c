"""Short names of solvers, for legends."""

import re

# A parameter ends at a comma that is in no further bracket.
PARAMETER = re.compile(r"(?:[^,\[\](){}]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\})+")


def method_of(solver):
    """The method's name, of a solver's name with parameters."""
    return solver.split("[")[0]


def parameters_of(solver):
    """The parameters in a solver's name, as a list of ``name=value``."""
    _, _, inside = solver.partition("[")
    return PARAMETER.findall(inside.removesuffix("]"))


def short_names(solvers):
    """The shortest names by which solvers can be told apart.

    Parameters
    ----------
    solvers : iterable of str
        Values of ``solver_name``, as ``SOBA[step_size=0.1,decay=0]``.

    Returns
    -------
    names : dict of str to str
        By solver, the method's name, and of its parameters those that not all solvers of the
        method share.
    """
    names = {}
    solvers = list(dict.fromkeys(solvers))
    for method in dict.fromkeys(map(method_of, solvers)):
        of_method = {name: parameters_of(name) for name in solvers if method_of(name) == method}
        shared = set.intersection(*map(set, of_method.values()))
        for name, parameters in of_method.items():
            own = [parameter for parameter in parameters if parameter not in shared]
            names[name] = f"{method}[{','.join(own)}]" if own else method
    return names


def variants(solvers):
    """By solver, its number among the solvers of the same method, in the order of their names."""
    seen, numbers = {}, {}
    for solver in sorted(set(solvers)):
        method = method_of(solver)
        numbers[solver] = seen.get(method, 0)
        seen[method] = numbers[solver] + 1
    return numbers
