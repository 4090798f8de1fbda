"""Five models at once: whichever has decayed is retrained."""

from concurrent.futures import ThreadPoolExecutor

from answers import answers, policy

from auto_retrain import AutoRetrainPipeline, ScheduledTrigger

pipeline = AutoRetrainPipeline.in_memory(actor="ada")
models = [f"gl-{number:03}" for number in range(1, 6)]
accuracy = dict(zip(models, [0.95, 0.88, 0.93, 0.85, 0.94], strict=True))

for model in models:
    pipeline.apply_policy(policy(model))
    pipeline.trigger(ScheduledTrigger).record_retrain(model)
    pipeline.world.publish_metric(model, accuracy[model], rows=5000)


def look_after(model: str) -> str:
    if not pipeline.check_retrain_needed(model):
        return f"{model}: healthy at {accuracy[model]}"
    job_id = pipeline.start_retrain_job(model, reason="accuracy has fallen")
    pipeline.world.score_job(job_id, answers(challenger=0.96, champion=accuracy[model]))
    deployed = pipeline.deploy_if_better(model, job_id)
    pipeline.world.end_job(job_id)
    return f"{model}: retrained, deployed: {deployed}"


# A pipeline has no state of its own, so threads may share it.
with ThreadPoolExecutor() as pool:
    print(*pool.map(look_after, models), sep="\n")
