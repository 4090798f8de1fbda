"""History and metrics: jobs, decisions, and what served."""

from answers import answers, policy

from auto_retrain import AutoRetrainPipeline

pipeline = AutoRetrainPipeline.in_memory(actor="ada")
pipeline.apply_policy(policy("churn"))

for challenger, champion in ((0.90, 0.85), (0.91, 0.90), (0.96, 0.90)):
    job_id = pipeline.start_retrain_job("churn", reason="new labels", force=True)
    pipeline.world.score_job(job_id, answers(challenger, champion))
    pipeline.deploy_if_better("churn", job_id)
    pipeline.world.end_job(job_id)
    pipeline.world.advance(days=8)

print("jobs, newest first:")
for job in pipeline.list_recent_jobs("churn", limit=3):
    result = job.validation
    print(f"  {job.ending.value}: accuracy {result.accuracy:.3f}, recall {result.recall:.3f}, f1 {result.f1_score:.3f}")
    print(f"    {result.improvement:+.1%}, hash of {len(result.validation_hash)} digits")

print("what served, newest first:")
for period in pipeline.list_served("churn"):
    print(f"  version {period.version.number} {'until now' if period.until is None else 'until replaced'}")

print("decisions:", *(decision.outcome for decision in pipeline.list_decisions("churn")))
