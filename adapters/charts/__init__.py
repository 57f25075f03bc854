"""Charts: drawn as SVG for pages, as PNG for chats, and handed out under addresses that only we can make."""
