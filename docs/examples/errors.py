"""Errors: each names what is wrong, and what to do."""

from textwrap import fill

from answers import answers, policy

from auto_retrain import AutoRetrainError, AutoRetrainPipeline, RetrainingHeld

pipeline = AutoRetrainPipeline.in_memory(actor="ada")


def attempt(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except RetrainingHeld as held:
        print(f"held by {held.held_by}; {held.way_out}")
    except AutoRetrainError as error:
        print(fill(f"{type(error).__name__}: {error}", 100))


attempt(pipeline.start_retrain_job, "churn")
attempt(pipeline.apply_policy, policy("churn", triggers={"drift_threshold": -1}))
pipeline.apply_policy(policy("churn"))

job_id = pipeline.start_retrain_job("churn", reason="new labels")
attempt(pipeline.deploy_if_better, "churn", job_id)
attempt(pipeline.world.score_job, job_id, {"row_id": [1, 2], "label": [0, 1]})
pipeline.world.score_job(job_id, answers(challenger=0.95, champion=0.88))
pipeline.world.end_job(job_id)
attempt(pipeline.deploy_if_better, "churn", "churn-0")

# Held back by the cool-down after a retraining, unless a person insists.
attempt(pipeline.start_retrain_job, "churn", reason="again")
second = attempt(pipeline.start_retrain_job, "churn", reason="again", force=True)
print("forced:", pipeline.get_job_status(second).status.value)

failed = pipeline.world.end_job(second, error="out of memory")
print(f"{failed.ending.value}: {failed.error}")
