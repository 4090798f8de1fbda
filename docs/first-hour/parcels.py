"""Sixty days of parcels, most of which arrive in time, for the first hour: in the data bucket, and a sample here."""

import os
from datetime import UTC, datetime, timedelta

import boto3
import numpy as np
import pandas as pd

rng, rows, today = np.random.default_rng(7), 60 * 200, datetime.now(UTC).date()
parcels = pd.DataFrame({"parcel_id": [f"P-{number:06d}" for number in range(rows)]})
parcels["carrier"] = rng.choice(["blue", "green", "red"], rows, p=[0.5, 0.3, 0.2])
parcels["distance_km"] = rng.gamma(2, 150, rows).round(1)
parcels["weight_kg"] = rng.lognormal(0.5, 0.8, rows).round(2)
parcels["hour_posted"] = rng.integers(7, 22, rows)
hours = parcels.distance_km / 12 + parcels.weight_kg + np.where(parcels.hour_posted >= 17, 14, 0)
hours += parcels.carrier.map({"blue": 0, "green": 8, "red": 20}) + rng.normal(0, 3, rows)
parcels["late"] = (hours > 48).astype(int)
parcels.tail(5000).to_csv("parcels.csv", index=False)

s3 = boto3.client("s3")
for number in range(60):
    day, body = today - timedelta(days=60 - number), parcels[number * 200 : number * 200 + 200].to_csv(index=False)
    s3.put_object(Bucket=os.environ["DATA_BUCKET"], Key=f"parcels/date={day}/parcels.csv", Body=body.encode())
