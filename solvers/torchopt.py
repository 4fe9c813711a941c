from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.validation import fraction, positive


class Solver(FullBatchSolver):
    """TorchOpt: gradient descent on h, with hypergradients by another library, on PyTorch.

    An independent check of this suite's hypergradients and timings. At each outer iteration

        theta   by torch.optim.LBFGS, to a gradient of at most ``tolerance`` in each entry
        v       by TorchOpt's conjugate gradients, to a relative residual of ``tolerance``
        lambda  <- lambda - gamma (grad_lambda F - hessian_lambda,theta G v)

    with gamma = ``outer_step_size``; the derivatives of G and F are PyTorch's, and TorchOpt's
    ``custom_root`` joins them by the implicit function theorem. theta is warm-started.
    """

    name = "TorchOpt"
    requirements = ["pip::torch", "pip::torchopt"]
    references = [
        "J. Ren, X. Feng, B. Liu, X. Pan, Y. Fu, L. Mai, Y. Yang, 'TorchOpt: an efficient library "
        "for differentiable optimization', JMLR 2023."
    ]
    parameters = {"tolerance": [1e-8], "outer_step_size": [1.0]}
    allowed = {"tolerance": fraction, "outer_step_size": positive}

    def refuse(self, problem):
        try:
            import torchopt  # noqa: F401 (slow, and not to be timed)
        except ImportError:
            return "TorchOpt needs PyTorch and TorchOpt; pip install torch torchopt."
        if problem.torch_losses() is None:
            return "TorchOpt: this problem has no losses in PyTorch; take another problem."
        return None

    def iterates(self, problem):
        import torch
        from torchopt.diff.implicit import custom_root
        from torchopt.linear_solve import solve_cg

        inner_loss, outer_loss = problem.torch_losses()
        inner_grad = torch.func.grad(inner_loss)

        def solve_system(matvec, rhs, **unused):
            def counted(v):
                problem.spend("hvp", problem.n_inner_samples)
                return matvec(v)

            return solve_cg(rtol=self.tolerance, atol=0)(counted, rhs)

        @custom_root(inner_grad, argnums=1, solve=solve_system)
        def solve_inner(inner_var, outer_var):
            inner_var = inner_var.clone().requires_grad_()
            optimizer = torch.optim.LBFGS(
                [inner_var], max_iter=10_000, tolerance_grad=self.tolerance, tolerance_change=0,
                line_search_fn="strong_wolfe",
            )  # fmt: skip

            def closure():
                problem.spend("inner_grad", problem.n_inner_samples)
                optimizer.zero_grad()
                loss = inner_loss(inner_var, outer_var)
                loss.backward(inputs=[inner_var])
                return loss

            optimizer.step(closure)
            return inner_var.detach()

        inner_var, outer_var = map(torch.from_numpy, (problem.inner_var0, problem.outer_var0))
        while True:
            yield inner_var.numpy(), outer_var.numpy()
            outer_var = outer_var.clone().requires_grad_()
            solution = solve_inner(inner_var, outer_var)
            outer_loss(solution, outer_var).backward()
            problem.spend("outer_grad", problem.n_outer_samples)
            problem.spend("cross", problem.n_inner_samples)
            inner_var = solution.detach()
            step = outer_var.detach() - self.outer_step_size * outer_var.grad
            outer_var = torch.from_numpy(problem.project(step.numpy()))
