import numpy as np

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.validation import fraction, integer, non_negative, too_large


class Dataset(BilevelDataset):
    """Signals that are sparse combinations of atoms, plus noise.

    The atoms are Gaussian, scaled to norm 1. Each entry of a code is non-zero with probability
    ``density``, and then Gaussian of variance 1. Noise of standard deviation ``noise`` is added to
    every entry of a signal. The learned dictionary starts at the true one, with Gaussian noise of
    ``perturbation`` times the standard deviation of its entries, scaled back to atoms of norm 1.
    The defaults are those of the paper.
    """

    name = "sparse_coding"
    requirements = ["numpy"]
    references = [
        "B. Malezieux, T. Moreau, M. Kowalski, 'Understanding approximate and unrolled dictionary "
        "learning for pattern recovery', ICLR 2022."
    ]
    parameters = {
        "n_signals": [100],
        "n_dims": [30],
        "n_atoms": [50],
        "density": [0.3],
        "noise": [0.1],
        "perturbation": [0.5],
    }
    allowed = {
        "n_signals": integer(1),
        "n_dims": integer(1),
        "n_atoms": integer(1),
        "density": fraction,
        "noise": non_negative,
        "perturbation": non_negative,
    }
    test_parameters = {"n_signals": [5], "n_dims": [6], "n_atoms": [8]}

    def refuse(self):
        names = "n_signals", "n_dims", "n_atoms"
        n_entries = self.n_signals * (self.n_dims + self.n_atoms) + self.n_dims * self.n_atoms
        # Each array, and one in the making.
        return too_large(self, names, 2 * n_entries)

    def load(self, rng):
        dictionary = rng.standard_normal((self.n_dims, self.n_atoms))
        dictionary /= np.linalg.norm(dictionary, axis=0)
        shape = self.n_signals, self.n_atoms
        codes = rng.standard_normal(shape) * (rng.uniform(size=shape) < self.density)
        signals = codes @ dictionary.T
        signals += self.noise * rng.standard_normal(signals.shape)
        shift = rng.standard_normal(dictionary.shape) * dictionary.std() * self.perturbation
        start = dictionary + shift
        start /= np.linalg.norm(start, axis=0)
        return dict(task="sparse_coding", signals=signals, dictionary=dictionary, start=start)
