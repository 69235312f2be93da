"""What keeps the embedded server from running, told to the person at the keyboard."""


class EmbeddedServerError(Exception):
    """The embedded database cannot be run, joined, saved or restored.

    `code` is one lower-case word group for tests and logs (`folder.foreign`), `message` says what is the
    matter and `remedy` what to do about it. Both are plain English: this is read on a terminal by whoever
    starts the program, before any page, language or translation exists.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy
