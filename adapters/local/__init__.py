"""The local chat: a page that needs no account, as a third platform under the same contracts."""
