"""What the judge of a history says when something cannot have been, and the clock it goes by."""
import bisect


class Fault(Exception):
    """What cannot have been."""


def demand(good, sentence, *values):
    if not good:
        raise Fault(sentence % values if values else sentence)


class Times:
    """What was known to have happened at a time, and what cannot have happened yet."""

    def __init__(self, known, asked, end):
        self.known, self.asked, self.end = sorted(known), sorted(asked), end
        self.highest, self.lowest, best = [], [], 0
        for _, seq in self.known:
            best = max(best, seq)
            self.highest.append(best)
        best = end
        for _, seq in reversed(self.asked):
            best = min(best, seq - 1)
            self.lowest.append(best)
        self.lowest.reverse()

    def least(self, when):
        """The newest seq that anybody had been told of by then."""
        at = bisect.bisect_left(self.known, (when,))
        return self.highest[at - 1] if at else 0

    def most(self, when):
        """The newest seq there can have been: what follows was asked for later only."""
        at = bisect.bisect_right(self.asked, (when, self.end + 1))
        return self.lowest[at] if at < len(self.asked) else self.end
