"""The verdict on a plan: what HubSpot will refuse of it, what will be lost, and what is hardly meant.

It changes no plan, and costs nothing unless it is used.
"""
