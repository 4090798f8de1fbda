"""Serves the parcels of the first hour: the router says which version answers, and the log what came of it."""

import time

import mlflow.pyfunc
import pandas as pd

from auto_retrain.serving import PredictionLog, Router

router, models = Router.connect("parcels", refresh_seconds=1), {}
log = PredictionLog.connect("parcels", flush_seconds=5)
parcels = pd.read_csv("parcels.csv").astype({"hour_posted": float})
while True:
    asked = parcels.sample(60)
    picks = [router.pick(parcel_id) for parcel_id in asked.parcel_id]
    for version in sorted({pick.version for pick in picks}):
        models[version] = models.get(version) or mlflow.pyfunc.load_model(f"models:/parcels/{version}")
        theirs = [place for place, pick in enumerate(picks) if pick.version == version]
        answers = models[version].predict(asked.iloc[theirs].drop(columns=["parcel_id", "late"]))
        for place, answer in zip(theirs, answers, strict=True):
            log.write(picks[place], answer)
        print(f"{len(theirs)} answers by version {version}", flush=True)
    time.sleep(0.5)
