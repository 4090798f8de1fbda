"""How people operate a deployment: policies, quarantine, and a check of the installation."""
