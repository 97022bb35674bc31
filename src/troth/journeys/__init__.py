"""Sentences of the house, one module each: the only place where packages meet and the gate is asked."""
