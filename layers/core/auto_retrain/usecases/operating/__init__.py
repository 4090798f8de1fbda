"""What people do to a deployment: policies, quarantine, and a check of the installation."""
