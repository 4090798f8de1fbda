"""Deployment decisions: one challenger, different demands."""

from answers import answers, policy

from auto_retrain import AutoRetrainPipeline

pipeline = AutoRetrainPipeline.in_memory(actor="ada")
pipeline.apply_policy(policy("churn"))
job_id = pipeline.start_retrain_job("churn", reason="new labels")

result = pipeline.world.score_job(job_id, answers(challenger=0.92, champion=0.89))
print(f"{result.decision.value}: {result.improvement:.1%} better on {result.holdout_rows} rows")
for verdict in result.verdicts:
    print(f"  {verdict.check}: {verdict.outcome.value}")

for min_improvement in (0.10, 0.05, 0.02):
    deployed = pipeline.deploy_if_better("churn", job_id, min_improvement)
    print(f"at least {min_improvement:.0%} better: {'deployed' if deployed else 'not deployed'}")
