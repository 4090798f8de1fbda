"""What every hook is: a change to moto that lasts as long as it is entered."""

from contextlib import AbstractContextManager
from typing import Any

Hook = AbstractContextManager[Any]
