"""The group `documents`: what reading a snapshot costs, and whether its values are right."""
