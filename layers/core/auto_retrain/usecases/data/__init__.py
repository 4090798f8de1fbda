"""The data of a job: frozen, checked, summarized and profiled."""
