"""The triggers one by one: each says whether it calls for a retraining, and why."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from answers import policy

from auto_retrain import (
    AutoRetrainPipeline,
    DataDriftTrigger,
    PerformanceDegradationTrigger,
    ScheduledTrigger,
    TriggerType,
)

pipeline = AutoRetrainPipeline.in_memory(at=datetime(2026, 3, 2, 12, tzinfo=UTC), actor="ada")
pipeline.apply_policy(policy("churn", triggers={"schedule_spread_minutes": 0}))
performance, schedule = pipeline.trigger(PerformanceDegradationTrigger), pipeline.trigger(ScheduledTrigger)

print("no metric yet:", *performance.should_retrain("churn"))
for accuracy in (0.95, 0.915, 0.87):
    pipeline.world.publish_metric("churn", accuracy, rows=1000)
    print(f"{accuracy}:", *performance.should_retrain("churn"))

print("no retraining yet:", schedule.should_retrain("churn")[0])
schedule.record_retrain("churn")
print("just retrained:", schedule.should_retrain("churn")[0])
pipeline.world.advance(days=7)
print("a week later:", schedule.should_retrain("churn")[0])

drift, today, random = pipeline.trigger(DataDriftTrigger), date(2026, 3, 9), np.random.default_rng(1)
for days_ago in range(200, 0, -1):
    average = 40 if days_ago > 30 else 46
    features = {"age": random.normal(average, 10, 50), "minutes": random.exponential(120, 50)}
    pipeline.world.publish_data("churn", today - timedelta(days=days_ago), features)
print("customers are older:", *drift.should_retrain("churn"))
print("people may always ask:", TriggerType.MANUAL.value)
