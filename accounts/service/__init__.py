"""The use cases of the room, one file a trade."""
