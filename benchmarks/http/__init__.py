"""One read of a run, through several stacks, against a server that costs next to nothing."""
