"""What an emulator holds: projects, files, runs, sessions, and how to reach it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Self

from attrs import Factory, define

from deepnote_emulator.documents import NotebookSource, ProjectSource
from deepnote_emulator.execution import Engine, LiveKernel, RunBook, RunRecord, SessionBook
from deepnote_emulator.faults import FaultBook
from deepnote_emulator.files import FileStore
from deepnote_emulator.keeper import Keeper
from deepnote_emulator.limits import ParallelLimit, ParallelLimitError, RateLimit, TokenBucket
from deepnote_emulator.listing import Listing
from deepnote_emulator.store import ProjectStore


@define(kw_only=True)
class State:
    """Touched from the emulator's own event loop only."""

    token: str
    keeper: Keeper
    projects: ProjectStore
    files: FileStore
    engine: Engine
    runs: RunBook
    sessions: SessionBook
    faults: FaultBook = Factory(FaultBook)
    bucket: TokenBucket | None = None
    parallel_limit: ParallelLimit | None = None
    limited: Counter[str] = Factory(Counter)
    listing: Listing = Factory(Listing)
    download_url: str = ""
    signing_key: bytes = Factory(lambda: secrets.token_bytes(32))
    violations: list[str] = Factory(list)

    @classmethod
    def of(cls, projects: Sequence[ProjectSource], make_engine: Callable[[Keeper], Engine], token: str) -> Self:
        """Make the state of a fresh emulator."""
        keeper = Keeper()
        files, runs, engine = FileStore(keeper), RunBook(), make_engine(keeper)

        def make_kernel(project_id: str) -> LiveKernel:
            return engine.kernel(files.of_project(project_id))

        return cls(
            token=token,
            keeper=keeper,
            projects=ProjectStore(projects),
            files=files,
            engine=engine,
            runs=runs,
            sessions=SessionBook(engine, runs, make_kernel),
        )

    def start_run(
        self, notebook: NotebookSource, inputs: dict[str, Any], block_ids: tuple[str, ...] | None = None
    ) -> RunRecord:
        """Start a run of a notebook, as it stands now, on a kernel of its own; raises ParallelLimitError."""
        if (limit := self.parallel_limit) is not None and self.runs.active >= limit.runs:
            raise ParallelLimitError(limit)
        project = self.projects.owner(notebook)
        if (simulator := self.engine.simulator) is not None:
            return self.runs.simulate(project, notebook, simulator, inputs, block_ids)

        @contextlib.asynccontextmanager
        async def fresh_kernel() -> AsyncIterator[LiveKernel]:
            async with self.engine.places.hold():
                kernel = self.engine.kernel(self.files.of_project(project.id))
                try:
                    await kernel.start()
                    yield kernel
                finally:
                    await asyncio.shield(kernel.close())

        return self.runs.start(project, notebook, fresh_kernel, inputs, block_ids)

    def set_rules(self, rate_limit: RateLimit | None, parallel_limit: ParallelLimit | None, listing: Listing) -> None:
        """Set what clients are held to from now on; a rate limit that stays the same keeps its tokens."""
        if rate_limit is None:
            self.bucket = None
        elif self.bucket is None or self.bucket.limit != rate_limit:
            self.bucket = TokenBucket(rate_limit, asyncio.get_running_loop().time())
        self.parallel_limit, self.listing = parallel_limit, listing

    async def close(self) -> None:
        """End everything that is going on, and remove every file."""
        self.faults.close()  # first, since what hangs would hold up the rest
        try:
            await self.sessions.close()
            await self.runs.close()
            await self.engine.close()
        finally:
            self.files.close()
            await asyncio.to_thread(self.keeper.close)
