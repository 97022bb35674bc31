"""The operator's own policies, in Cedar: what may be written, what they are asked about, and what they say. Pure.

Source: gate.md, step 5; docs/decisions/0066-policies-only-forbid.md; Cedar 4 (docs.cedarpolicy.com).
"""
