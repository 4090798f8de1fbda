"""Our Kubernetes Jobs: how they are built, listed and explained."""
