"""Where the page is that shows more about a fact: its path among the artifacts, and its address for people."""

FLEET_PAGE = "fleet.html"
JOB_PAGE, REPORT_PAGE, ROLLOUT_PAGE = "job.html", "report.html", "rollout.html"

# Facts of a job whose page is there by the time that people hear of them; those of its end all lead to its own page.
_PAGES = {
    **dict.fromkeys(("challenger_validated", "review_requested", "review_given"), REPORT_PAGE),
    **dict.fromkeys(("weight_set", "mirror_set", "rollout_intervened", "pause_lasts"), ROLLOUT_PAGE),
    **dict.fromkeys(("job_ended", "job_taken_back", "version_taken_back"), JOB_PAGE),
}


def page_of(kind: str, model_name: str, job_id: str | None) -> str:
    """The path of the page about a kind of fact; whatever has none of its own is in the page about the fleet."""
    page = _PAGES.get(kind)
    return job_path(job_id, page) if job_id and page else row_path(model_name)


def job_path(job_id: str, page: str = JOB_PAGE) -> str:
    return f"jobs/{job_id}/{page}"


def row_path(model_name: str) -> str:
    """The row of a model in the page about the fleet."""
    return f"{FLEET_PAGE}#model-{model_name}"


def request_path(model_name: str, decision: str) -> str:
    """The page about a request that opened no job, by the name of the decision on it."""
    return f"requests/{model_name}/{decision}.html"


def address_of(base: str | None, path: str) -> str | None:
    """The address of a path, if it is known where people see the artifacts; `base` may end in a query."""
    if base is None:
        return None
    return f"{base}{'' if base.endswith(('/', '=')) else '/'}{path}"
