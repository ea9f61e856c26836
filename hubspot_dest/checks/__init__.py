"""HubSpot's rules, written once: what it accepts, what it refuses, and the evidence.

Pure functions and data. The sender predicts from them what HubSpot refuses; the simulated HubSpot answers from them.
"""
