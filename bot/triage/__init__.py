"""From a report to a decision: intake, the state machine, filing, and who is told."""
