"""What is in force now, folded from the journal and kept per scope; pure, with no input or output."""
