import numpy as np

from benchmark_utils.algorithms.black_box import BlackBoxSolver
from benchmark_utils.validation import one_of


class Solver(BlackBoxSolver):
    """Random search: solve the inner problem at random lambda, and keep the best h.

    Points are drawn uniformly from the region that the problem proposes. With ``space="full"``
    entries of lambda are independent, with ``"shared"`` they are equal.
    """

    name = "RandomSearch"
    references = [
        "J. Bergstra, Y. Bengio, 'Random search for hyper-parameter optimization', JMLR 2012."
    ]
    parameters = {"space": ["full"], **BlackBoxSolver.parameters}
    allowed = {"space": one_of("full", "shared"), **BlackBoxSolver.allowed}

    def points(self, outer_dim):
        rng = np.random.default_rng(self.get_seed(use_repetition=True))
        n_free = outer_dim if self.space == "full" else 1
        while True:
            yield np.broadcast_to(rng.uniform(size=n_free), outer_dim)
