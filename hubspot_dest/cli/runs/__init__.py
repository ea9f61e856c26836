"""What each command does, loaded only when the command runs."""
