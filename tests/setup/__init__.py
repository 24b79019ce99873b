"""The set-up: embedded servers, environment, launcher, deployment files."""
