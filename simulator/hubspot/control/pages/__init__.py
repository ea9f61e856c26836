"""The status pages: Jinja2 templates, a style sheet and a script, without resources of other hosts."""
