"""Sends requests one after the other while another action runs."""

import threading


class Steady:
    """Repeats an action until the block ends, and records each result."""

    def __init__(self, act):
        self.act, self.seen, self.left, self.failed = act, [], threading.Event(), None
        self.thread = threading.Thread(target=self.repeat)

    def repeat(self):
        # Limits the rate: without a pause the deployment itself would get no processor time.
        while not self.left.wait(0.05):
            try:
                self.seen.append(self.act())
            except Exception as failed:
                self.failed = failed
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.left.set()
        self.thread.join()

    def others(self, allowed):
        """Returns the results with another status."""
        if self.failed:
            raise self.failed
        assert self.seen
        return [answer for answer in self.seen if answer.status not in allowed]
