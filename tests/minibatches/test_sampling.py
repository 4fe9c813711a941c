"""Which blocks iterations read."""

import numpy as np

from benchmark_utils.minibatches.sampling import in_passes, independent
from helpers import make_problem, make_solver


def test_without_replacement_every_pass_reads_each_block_once_in_a_new_order():
    drawn = in_passes(np.random.default_rng(0), 5)((30, 1)).reshape(6, 5)
    assert (np.sort(drawn) == np.arange(5)).all()
    assert len({tuple(order) for order in drawn}) > 1


def test_draws_go_on_where_the_last_ended():
    whole, parts = (in_passes(np.random.default_rng(0), 7) for _ in range(2))
    expected = whole((12, 3))
    found = np.concatenate([parts((n, 3)) for n in (1, 4, 0, 7)])
    np.testing.assert_array_equal(found, expected)


def test_with_replacement_draws_are_those_of_the_generator():
    drawn = independent(np.random.default_rng(0), 9)((4, 2))
    np.testing.assert_array_equal(drawn, np.random.default_rng(0).integers(9, size=(4, 2)))


def test_a_solver_without_replacement_reads_all_blocks_in_each_pass():
    solver = make_solver("SOBA", make_problem(n=96, m=64), batch_size=16, eval_freq=12,
                         replacement=False, framework="python")  # fmt: skip
    inner, outer, _ = next(solver.chunks(np.random.default_rng(0).spawn(3)))
    assert (np.sort(inner.reshape(2, 6)) == np.arange(6)).all()
    assert (np.sort(outer.reshape(3, 4)) == np.arange(4)).all()
