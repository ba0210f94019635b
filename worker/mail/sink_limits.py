"""How much the sink takes at once, and from one peer. Every no here is temporary: the peer may come back.

Sessions at once are limited for everybody. The limits per peer hold at the border only: behind an MX the peer is always
that MX, and the strangers are behind it. An IPv6 peer is its /64. What is remembered of peers is bounded: the one not
seen for longest is forgotten first, and a peer with a session open never.
"""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from worker.mail.sink_desk import SinkSettings

MINUTE_S = 60.0
FORGIVEN_AFTER_S = 600.0
MOST_PEERS = 10_000


@dataclass(slots=True)
class Peer:
    sessions: int = 0
    unknown_in_a_row: int = 0
    unknown_at: float = 0.0
    minute_began: float = 0.0
    mails_this_minute: int = 0


class Limits:
    """``now`` is a monotonic clock in seconds (the event loop's), given to every question."""

    def __init__(self, settings: SinkSettings) -> None:
        self.settings = settings
        self.sessions = 0
        self._peers: OrderedDict[str, Peer] = OrderedDict()

    def may_enter(self, peer: str | None) -> bool:
        """Count a new session in, unless there are too many; ``leave`` counts it out."""
        known = self._peer(peer)
        too_many_of_one = self.settings.limits_peers and known.sessions >= self.settings.peer_sessions
        if self.sessions >= self.settings.max_sessions or too_many_of_one:
            return False
        self.sessions += 1
        known.sessions += 1
        return True

    def leave(self, peer: str | None) -> None:
        self.sessions -= 1
        self._peer(peer).sessions -= 1

    def may_send(self, peer: str | None, now: float) -> bool:
        """Count one more mail of this peer, unless it had its share of this minute."""
        known = self._peer(peer)
        if now - known.minute_began >= MINUTE_S:
            known.minute_began, known.mails_this_minute = now, 0
        known.mails_this_minute += 1
        return not self.settings.limits_peers or known.mails_this_minute <= self.settings.peer_mails_a_minute

    def may_guess_on(self, peer: str | None, now: float) -> bool:
        """Count a recipient we do not have; False when the peer seems to try names."""
        known = self._peer(peer)
        if now - known.unknown_at >= FORGIVEN_AFTER_S:
            known.unknown_in_a_row = 0
        known.unknown_in_a_row += 1
        known.unknown_at = now
        return not self.settings.limits_peers or known.unknown_in_a_row <= self.settings.peer_unknown_in_a_row

    def found_one(self, peer: str | None) -> None:
        """A recipient we have: the peer is no guesser."""
        self._peer(peer).unknown_in_a_row = 0

    def _peer(self, peer: str | None) -> Peer:
        name = network_of(peer)
        known = self._peers.setdefault(name, Peer())
        self._peers.move_to_end(name)
        if len(self._peers) > MOST_PEERS:
            self._forget_one()
        return known

    def _forget_one(self) -> None:
        oldest = next((name for name, peer in self._peers.items() if not peer.sessions), None)
        if oldest is not None:
            del self._peers[oldest]


def network_of(peer: str | None) -> str:
    if peer is None or ":" not in peer:
        return peer or ""
    try:
        address = ipaddress.IPv6Address(peer)
    except ValueError:
        return peer
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False).network_address)
