"""Which versions of the numeric libraries compute what is in this package."""

import numpy
import scipy

LIBRARIES = {"numpy": numpy.__version__, "scipy": scipy.__version__}
