"""What the gate measures by and no statement says: dated data, each with its source and the day on which it was read. Pure."""
