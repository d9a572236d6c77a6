"""Work for later: deferred in the caller's transaction, done by a worker, never lost."""

from storage.queue.base import GiveUp, JobHandler, NewJob, NotYet, RetryLater, TakenJob, defer, defer_alone

__all__ = ["GiveUp", "JobHandler", "NewJob", "NotYet", "RetryLater", "TakenJob", "defer", "defer_alone"]
