"""Everything that runs auto-retrain on one machine: emulated AWS, a local cluster, MLflow and the demo."""
