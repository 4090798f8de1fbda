"""One package or file per outside system; the only place that knows their SDKs and protocols."""
