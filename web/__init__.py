"""The front: the app factory, layout, errors, headers, home, and what belongs to no single room."""
