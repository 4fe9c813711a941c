"""Base class of datasets: everything but the data."""

import numpy as np
from benchopt import BaseDataset

from benchmark_utils.data.downloads import Unavailable, explain
from benchmark_utils.validation import all_values, as_meant, integer, refusal

# What the name of a dataset need not say: data are verified, whole, and the run's own draw.
UNSAID = {"verify": True, "n_train": "all", "seed": 0}
any_seed = integer(0, 2**32 - 1)


class BilevelDataset(BaseDataset):
    """Base class of datasets.

    A dataset defines ``load(rng)``, which returns a dict of plain arrays by name, and the ``task``
    that they are for. If the data cannot be had it raises :class:`Unavailable` with a sentence that
    says why and what to do: the dataset is skipped. So it is after any other exception.

    Attributes
    ----------
    allowed : dict of str to Allowed
        The allowed values of each parameter; others are refused before anything is loaded.
    """

    allowed = {}

    @classmethod
    def get_all_parameter_values(cls, name):
        return all_values(cls.allowed.get(name))

    def save_parameters(self, **parameters):
        super().save_parameters(**as_meant(parameters, self.allowed))
        for name, usual in UNSAID.items():
            if self._parameters.get(name) == usual:
                del self._parameters[name]

    def load(self, rng):
        """The data.

        Parameters
        ----------
        rng : numpy.random.Generator
            All randomness comes from here; it has benchopt's seed and the dataset's.

        Returns
        -------
        data : dict
            ``task``, and arrays such as ``X_train, y_train, X_val, y_val``.
        """
        raise NotImplementedError

    def refuse(self):
        """Say in a sentence why the parameters cannot be combined; None if they can."""
        return None

    def get_data(self):
        reason = refusal(self, self.allowed) or self.refuse()
        if reason:
            return dict(unavailable=reason)
        # All repetitions of a run have the same data; a parameter ``seed`` asks for others.
        seeds = self.get_seed(), getattr(self, "seed", 0)
        try:
            return self.load(np.random.default_rng(seeds))
        except Unavailable as reason:
            return dict(unavailable=str(reason))
        # One dataset must not end a run of several.
        except Exception as error:
            return dict(unavailable=explain(self.name, error))
