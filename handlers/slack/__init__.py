"""How we talk with Slack: what a feature declares, how a request finds it, how a message leaves."""
