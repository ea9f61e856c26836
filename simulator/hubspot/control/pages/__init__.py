"""The status pages: Jinja2 templates, one style sheet, one script. Nothing is loaded from another host."""
