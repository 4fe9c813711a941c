from importlib.util import find_spec

import numpy as np
import optuna

from benchmark_utils.algorithms.black_box import BlackBoxSolver
from benchmark_utils.validation import one_of

optuna.logging.set_verbosity(optuna.logging.WARNING)
# TPE takes 0.06 s to propose a point in 200 dimensions, 0.6 s to 1 s in so many.
MAX_DIM = 1000


class Solver(BlackBoxSolver):
    """Bayesian optimisation of h by Optuna, one inner solve per trial.

    ``sampler="tpe"`` models the densities of good and of bad points, jointly over the entries of
    lambda (Bergstra et al. 2011); ``"gp"`` models h by a Gaussian process and maximises the
    logarithm of the expected improvement, which needs PyTorch. With ``space="full"`` entries of
    lambda are searched one by one, at most 1,000 of them; with ``"shared"`` they are equal.
    """

    name = "Optuna"
    requirements = ["scipy", "pip::optuna"]
    references = [
        "T. Akiba, S. Sano, T. Yanase, T. Ohta, M. Koyama, 'Optuna: a next-generation "
        "hyperparameter optimization framework', KDD 2019.",
        "J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, 'Algorithms for hyper-parameter "
        "optimization', NeurIPS 2011.",
        "J. Snoek, H. Larochelle, R. P. Adams, 'Practical Bayesian optimization of machine "
        "learning algorithms', NeurIPS 2012.",
    ]
    parameters = {"sampler": ["tpe"], "space": ["full"], **BlackBoxSolver.parameters}
    allowed = {
        "sampler": one_of("tpe", "gp"),
        "space": one_of("full", "shared"),
        **BlackBoxSolver.allowed,
    }

    def refuse(self, problem):
        if self.sampler == "gp" and find_spec("torch") is None:
            return "Optuna: sampler=gp needs PyTorch; pip install torch, or give sampler=tpe."
        if self.space == "full" and problem.outer_dim > MAX_DIM:
            return (
                f"Optuna: space=full has {problem.outer_dim:,} dimensions here, and proposing a "
                f"point takes too long in more than {MAX_DIM:,}; give space=shared."
            )
        return None

    def points(self, outer_dim):
        seed = self.get_seed(use_repetition=True)
        if self.sampler == "gp":
            sampler = optuna.samplers.GPSampler(seed=seed)
        else:
            sampler = optuna.samplers.TPESampler(multivariate=True, seed=seed)
        study = optuna.create_study(sampler=sampler)
        n_free = outer_dim if self.space == "full" else 1
        unit = optuna.distributions.FloatDistribution(0, 1)
        space = {f"lambda_{k}": unit for k in range(n_free)}
        while True:
            trial = study.ask(space)
            point = np.array([trial.params[name] for name in space])
            value = yield np.broadcast_to(point, outer_dim)
            study.tell(trial, value)
