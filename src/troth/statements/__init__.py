"""What can be said: a closed union of statement kinds, each with one face, and the journal port that keeps them in order."""
