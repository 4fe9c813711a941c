from benchmark_utils.algorithms.hypergradients import make_random_hypergradient
from benchmark_utils.algorithms.random_neumann import RandomNeumannSolver, State
from benchmark_utils.algorithms.search_space import STEP_SIZES, Choice, LogUniform
from benchmark_utils.validation import integer


class Solver(RandomNeumannSolver):
    """BSA, Bilevel Stochastic Approximation: SGD inside, then a random Neumann term.

    One iteration, with fresh minibatches throughout:

        theta  <- theta - rho_t grad_theta G_b                 for ``n_inner_steps`` minibatches b
        v      <- N eta prod_{k <= q} (I - eta H_{b_k}) grad_theta F_j,    q uniform on 0, ..., N-1
        lambda <- lambda - gamma_t (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho_t = ``step_size`` t^(-``decay``), gamma_t = ``outer_step_size`` t^(-``outer_decay``),
    eta = ``neumann_step_size``, which should be below one over the Hessian's largest eigenvalue,
    and N = ``n_neumann_steps``. The bias of v decreases like (1 - eta mu)^N.

    The paper restarts theta from the same point, and lets the number of its steps grow; ours starts
    from where the last iteration left it, and the number is constant. Its step sizes decrease
    within the inner loop; ours do from one outer iteration to the next.
    """

    name = "BSA"
    references = [
        "S. Ghadimi, M. Wang, 'Approximation methods for bilevel programming', arXiv:1802.02246, "
        "2018 (Algorithms 2 and 3)."
    ]
    auto_inner_step, auto_outer_step = 1.2, 0.012
    parameters = {
        **RandomNeumannSolver.parameters,
        "decay": [0.0],
        "outer_decay": [0.25],
        "n_inner_steps": [10],
        "n_neumann_steps": [30],
    }
    allowed = {**RandomNeumannSolver.allowed, "n_inner_steps": integer(1)}
    search_space = {
        ("step_size", "neumann_step_size"): STEP_SIZES,
        "outer_step_size": LogUniform(0.01, 10_000),
        "outer_decay": Choice(0.0, 0.25),
        "n_neumann_steps": Choice(10, 30),
    }

    def make_step(self, framework, oracle):
        sgd = framework.sgd(oracle.inner_grad)
        hypergradient = make_random_hypergradient(framework, oracle, self.n_neumann_steps)
        n_inner_steps = self.n_inner_steps

        def step(state, arrays, inner_batches, outer_batches, step_sizes, n_factors):
            rho, gamma, eta = step_sizes
            inner_var, outer_var = state
            inner_var = sgd(inner_var, inner_batches[:n_inner_steps], (arrays, outer_var, rho))
            draws = inner_batches[n_inner_steps:], outer_batches[0], n_factors
            direction = hypergradient(arrays, inner_var, outer_var, eta, draws)
            return State(inner_var, oracle.project(arrays, outer_var - gamma * direction))

        return step
