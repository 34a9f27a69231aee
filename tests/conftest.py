"""Every test runs with floating-point errors raised; underflow is harmless."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def floating_point_errors_raise():
    with np.errstate(all="raise", under="ignore"):
        yield
