"""The data of a job: frozen, checked, summarised and profiled."""
