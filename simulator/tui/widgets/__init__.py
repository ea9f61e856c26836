"""The widgets of the terminal, one for each pane."""
