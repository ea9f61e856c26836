"""The verdict on a plan: what HubSpot will refuse, what will be lost, and what is probably a mistake.

Judging does not change a plan, and has no cost unless it is used.
"""
