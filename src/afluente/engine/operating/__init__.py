"""What whoever operates an application looks at: lists, numbers over time, the log of calls."""
