"""Requests one after the other while something else goes on."""

import threading


class Steady:
    """Does one thing after the other until it is left, and keeps what came of each."""

    def __init__(self, act):
        self.act, self.seen, self.left = act, [], threading.Event()
        self.thread = threading.Thread(target=self.repeat)

    def repeat(self):
        # Some in a second: without a pause the deployment itself would have no processor.
        while not self.left.wait(0.05):
            self.seen.append(self.act())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.left.set()
        self.thread.join()

    def others(self, allowed):
        """What came with another status."""
        assert self.seen
        return [answer for answer in self.seen if answer.status not in allowed]
