"""The Slack adapter: requests in, Block Kit out."""
