"""The bottom floor: records, meanings that travel, the lifecycle, time and money. Imports nothing of ours."""
