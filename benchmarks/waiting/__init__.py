"""What waiting for many runs costs, and how late it tells: a service simulated in virtual time, the real client."""
