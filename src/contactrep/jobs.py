"""Work on another thread, for which the main thread waits: a signal ends the wait, but not a running call."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Job(Generic[Answer]):
    """Work for a thread. Once it `is_over`, it has an `answer` or an `error`.

    Work that was `cancelled` before it began is left out.
    """

    def __init__(self, work: Callable[[], Answer]) -> None:
        self._work = work
        # Not an Event: its wait is Python code, and a signal in it would leave its lock held.
        self._running = Lock()
        self._running.acquire()
        self.cancelled = False
        self.is_over = False
        self.answer: Answer
        self.error: BaseException | None = None

    @classmethod
    def start(cls, work: Callable[[], Answer]) -> Job[Answer]:
        """Start work on a thread of its own, which does not keep the process from ending."""
        job = cls(work)
        Thread(target=job, daemon=True).start()
        return job

    def __call__(self) -> None:
        try:
            if not self.cancelled:
                self.answer = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.is_over = True
            self._running.release()

    def wait(self, seconds: float = -1) -> bool:
        """Wait until the job is over, at most so many seconds (-1: any time). Return whether it is over."""
        if not self.is_over:
            self._running.acquire(timeout=seconds)
        return self.is_over
