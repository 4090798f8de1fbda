"""Stores and loads fitted models in MLflow's flavour for their library, so that other tools can read them, too."""

from importlib import import_module
from typing import Any

import mlflow.sklearn
from mlflow.models import Model

# MLflow's flavour by the package of the model's class. Everything else, such as a scikit-learn pipeline or any other
# object with `predict`, is stored with cloudpickle.
FLAVOURS = {"xgboost": "mlflow.xgboost", "torch": "mlflow.pytorch"}
# A network is stored as a whole: the default, a traced graph, has no `predict` that takes a frame.
OPTIONS = {"torch": {"serialization_format": "pickle"}}


def log_model(model: Any, **about: Any) -> None:
    """Log a model to the active run; raises PicklingError or TypeError for one that cannot be stored."""
    flavour = _flavour_of(model)
    if flavour is None:
        pickled = mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE
        mlflow.sklearn.log_model(model, serialization_format=pickled, **about)
    else:
        needed = f"{flavour}=={import_module(flavour).__version__}"
        about["pip_requirements"] = [*about.get("pip_requirements", []), needed]
        import_module(FLAVOURS[flavour]).log_model(model, **about, **OPTIONS.get(flavour, {}))


def load_model(path: str) -> Any:
    """The model in a folder, with all methods that it was stored with, such as `predict_proba`."""
    stored = Model.load(path).flavors
    module = next((module for module in FLAVOURS.values() if module.removeprefix("mlflow.") in stored), None)
    return import_module(module or "mlflow.sklearn").load_model(path)


def _flavour_of(model: Any) -> str | None:
    packages = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    return next((name for name in FLAVOURS if name in packages), None)
