"""The verdict on a challenger, from predictions on the holdout rows."""
