"""Base class of datasets: everything but the data."""

import numpy as np
from benchopt import BaseDataset

from benchmark_utils.data.downloads import Unavailable, explain
from benchmark_utils.validation import as_meant, refusal


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

    def save_parameters(self, **parameters):
        super().save_parameters(**as_meant(parameters, self.allowed))
        # The name of a dataset says only that its data may be others than the published ones.
        if self._parameters.get("verify") is True:
            del self._parameters["verify"]

    def load(self, rng):
        """The data.

        Parameters
        ----------
        rng : numpy.random.Generator
            All randomness comes from here; its seed is benchopt's.

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
        try:
            return self.load(np.random.default_rng(self.get_seed()))
        except Unavailable as reason:
            return dict(unavailable=str(reason))
        # One dataset must not end a run of several.
        except Exception as error:
            return dict(unavailable=explain(self.name, error))
