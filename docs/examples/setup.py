"""Basic set-up: a model, its policy, and the first look at it."""

from answers import policy

from auto_retrain import AutoRetrainPipeline, ScheduledTrigger, TriggerConfig

# AutoRetrainPipeline() is the deployment that your environment describes; this one is in memory.
pipeline = AutoRetrainPipeline.in_memory(actor="ada")

applied = pipeline.apply_policy(policy("churn", triggers={"time_zone": "Europe/Berlin"}))
print(f"version {applied.version} of the policy of {applied.policy.model}, by {applied.applied_by}")

applied = pipeline.configure_trigger("churn", TriggerConfig(performance_metric_threshold=0.9))
triggers = applied.policy.triggers
print(f"version {applied.version}: accuracy below {triggers.performance_metric_threshold}, {triggers.time_zone}")

print("needs retraining:", pipeline.check_retrain_needed("churn"))
pipeline.trigger(ScheduledTrigger).record_retrain("churn")
print("needs retraining:", pipeline.check_retrain_needed("churn"))
