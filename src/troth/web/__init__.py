"""Pages for people: server-rendered, usable without JavaScript and at 320 px. They show what journeys give, nothing else."""
