"""The versions of the numeric libraries that this package computes with."""

import numpy
import scipy

LIBRARIES = {"numpy": numpy.__version__, "scipy": scipy.__version__}
