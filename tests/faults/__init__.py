"""What happens to an index when the machine fails: kills, power cuts, damage, full disks."""
