"""Sends requests one after the other while another action runs."""

import threading


class Steady:
    """Repeats an action until the block ends, and records each result."""

    def __init__(self, act):
        self.act, self.seen, self.left = act, [], threading.Event()
        self.thread = threading.Thread(target=self.repeat)

    def repeat(self):
        # Limits the rate: without a pause the deployment itself would get no processor time.
        while not self.left.wait(0.05):
            self.seen.append(self.act())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.left.set()
        self.thread.join()

    def others(self, allowed):
        """Returns the results with another status."""
        assert self.seen
        return [answer for answer in self.seen if answer.status not in allowed]
