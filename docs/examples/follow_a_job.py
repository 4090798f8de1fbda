"""Follow a job to its end: what its record says on the way."""

from answers import answers, policy

from auto_retrain import AutoRetrainPipeline

pipeline = AutoRetrainPipeline.in_memory(actor="ada")
pipeline.apply_policy(policy("churn"))


def show(moment: str) -> None:
    job = pipeline.get_job_status(job_id)
    assert job is not None
    print(f"{moment}: {job.status.value}, deployed: {job.deployed}")


job_id = pipeline.start_retrain_job("churn", {"max_depth": 3}, reason="new labels")
show("started")
pipeline.world.score_job(job_id, answers(challenger=0.95, champion=0.88), metrics={"loss": 0.21})
show("validated")
pipeline.deploy_if_better("churn", job_id)
show("promoted")
job = pipeline.world.end_job(job_id)
show("ended")
print(f"{job.ending.value}: version {job.challenger_version} replaced version {job.champion_version}")
