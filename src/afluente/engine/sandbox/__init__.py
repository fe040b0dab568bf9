"""What is kept in mind of an application's sandbox: its armed faults and its clock."""
