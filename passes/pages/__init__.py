"""The pages of the room, one file a trade; all of them stand on the one blueprint."""
