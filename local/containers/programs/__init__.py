"""Programs that run in processes of their own; alone in their folder, as Python looks for modules there first."""
