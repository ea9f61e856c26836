"""HubSpot's rules: what it accepts, what it refuses, and the evidence for each rule.

This package holds pure functions and data. The sender uses them to predict what HubSpot will refuse; the simulated
HubSpot uses them to answer.
"""
