"""Doors for programs: SensorThings, the transparency log, and the JSON interface of people and operators."""
