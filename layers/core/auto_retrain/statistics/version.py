"""The version of our own statistics."""

# Raised whenever the same rows may give other numbers than before. 1: before it was recorded. 2: sign flips for means,
# tails of p values beyond the draws, the precision-recall curve at its positive rows, DeLong's test by Student's t.
# 3: drift of all features together. 4: estimates without labels from fitted chances alone, with the steps of labels.
# 5: drift of features whose rows resemble each other by entity, more in some bins than in others.
STATISTICS = 5
