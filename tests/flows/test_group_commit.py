"""The thread that commits for many: it outlives what breaks in it, and everybody gets his own result."""

import asyncio
from collections.abc import Sequence

from worker.flows.group_commit import GroupCommitter, set_results


def test_a_committer_whose_work_breaks_goes_on() -> None:
    def commit(items: Sequence[int]) -> list[str]:
        if 0 in items:
            raise ZeroDivisionError
        return [f"kept {each}" for each in items]

    async def story(committer: GroupCommitter[int, str]) -> list[str]:
        waiting = [committer.wait_for(each) for each in (1, 0, 2)]
        for each in waiting:
            committer.put(each)
        return list(await asyncio.gather(*(each.future for each in waiting)))

    committer = GroupCommitter(commit, lambda item, fault: f"{item} {type(fault).__name__}")
    committer.start()
    assert asyncio.run(story(committer)) == ["kept 1", "0 ZeroDivisionError", "kept 2"]
    assert asyncio.run(story(committer)) == ["kept 1", "0 ZeroDivisionError", "kept 2"]
    committer.stop()


def test_a_result_nobody_waits_for_any_more_does_not_keep_others_from_theirs() -> None:
    async def story() -> str:
        loop = asyncio.get_running_loop()
        gone: asyncio.Future[str] = loop.create_future()
        waits: asyncio.Future[str] = loop.create_future()
        gone.cancel()
        set_results([(gone, "kept"), (waits, "kept too")])
        return await waits

    assert asyncio.run(story()) == "kept too"
