"""Connected things that keep their promises. Check them.

A thing says something: who is it? may it? keep it, record it, tell those who may know (`journeys/hear`,
`journeys/tell`). A person chooses: the choice is a statement, the journal moves the state, the state moves the gate;
the log follows (`journeys/choose`).
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
