"""How loud each kind of fact is, and the channels that reach people."""

from typing import Literal, get_args

Severity = Literal["quiet", "normal", "loud"]
# One file in `adapters/channels` for each; Slack has two, a webhook and a bot.
ChannelName = Literal["slack", "sns", "pagerduty"]
CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)

# By topic: the kind of a fact, and for the end of a job how it ended. Every "no" is quiet; what a person has to do
# something about, or what took back what served, is loud.
SEVERITIES: dict[str, Severity] = {
    "retraining_requested": "quiet",
    "retraining_recorded": "quiet",
    "trigger_judged": "quiet",
    "job_opened": "quiet",
    "data_checked": "quiet",
    "proxy_judged": "quiet",
    "step_ordered": "quiet",
    "step_ended": "quiet",
    "challenger_trained": "quiet",
    "challenger_validated": "quiet",
    "review_requested": "normal",
    "review_given": "normal",
    "champion_adopted": "quiet",
    "weight_set": "quiet",
    "mirror_set": "quiet",
    "serving_in_force": "quiet",
    "promoted": "quiet",
    "files_kept": "quiet",
    "profile_kept": "quiet",
    "job_promoted": "normal",
    "job_rejected": "quiet",
    "job_inconclusive": "quiet",
    "job_declined": "quiet",
    "job_skipped": "quiet",
    "job_failed": "normal",
    "job_rolled_back": "loud",
    "promotion_final": "quiet",
    "rollout_intervened": "normal",
    "version_taken_back": "loud",
    "job_taken_back": "quiet",
    "champion_failed": "quiet",
    "champions_failed": "loud",
    "failure_acknowledged": "normal",
    "alias_moved": "loud",
    "serving_differs": "loud",
    "serving_agrees": "normal",
    "quarantine_set": "loud",
    "quarantine_lasts": "loud",
    "quarantine_lifted": "normal",
    "rejections_escalated": "loud",
    "skips_escalated": "loud",
    "pause_lasts": "loud",
    "pause_of_model_lasts": "loud",
    "budget_holds": "loud",
    "budget_hold_ended": "quiet",
    "drill_moved": "quiet",
    "drill_passed": "quiet",
    "drill_failed": "loud",
    "drill_left": "loud",
    "drill_overdue": "loud",
    "chain_break_accepted": "normal",
    "policy_applied": "quiet",
}
