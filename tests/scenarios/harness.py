"""The people's side of a local Slack server: what they type, press and fill in, and what they then see.

Every verb does what Slack's own surface does; nothing here reaches into the bot. People and channels are named by
id or by name ("ana", "qa"). A verb returns once the bot has acknowledged, or after the three seconds Slack gives it.
"""

import asyncio
import inspect
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from tests.scenarios import slack_forms

Node = dict[str, Any]
Surface = Literal["message", "modal", "home"]
POLL_S = 0.05
SHOWN_MESSAGES = 12


@dataclass(frozen=True)
class Submission:
    """What became of a submitted form: errors by block id, or the modals that are open now (none: all closed)."""

    errors: Mapping[str, str]
    modals: Sequence[Node]


@dataclass(frozen=True)
class SentPayload:
    """Blocks that the bot sent: `content` is the message or the view, `method` the call that carried it."""

    method: str
    surface: Surface
    content: Node


@dataclass(frozen=True)
class Workspace:
    """One local Slack workspace with everybody in it."""

    url: str
    http: aiohttp.ClientSession

    async def command(self, user: str, name: str, text: str = "", channel: str = "qa") -> None:
        """Type a slash command."""
        place = await self.channel_id(channel)
        person = await self.user_id(user)
        await self._post("/_control/command", {"user": person, "channel": place, "command": name, "text": text})

    async def message(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write a message and return its ts."""
        body = {"user": await self.user_id(user), "channel": await self.channel_id(channel), "text": text}
        async with self._delivered():
            answer = await self._post("/_control/message", {**body, "thread_ts": thread_ts})
        return str(answer["message"]["ts"])

    async def upload(
        self, user: str, channel: str, files: Mapping[str, bytes], text: str = "", thread_ts: str = ""
    ) -> str:
        """Post files, by name, with a text; return the message's ts."""
        posted = {"user": await self.user_id(user), "channel": await self.channel_id(channel)}
        # Browsers leave names as they are.
        form = aiohttp.FormData(posted, quote_fields=False)
        form.add_field("text", text)
        form.add_field("thread_ts", thread_ts)
        for name, content in files.items():
            form.add_field("file", io.BytesIO(content), filename=name)
        async with self.http.post(f"{self.url}/_control/upload", data=form) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return str(answer["message"]["ts"])

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change a message of one's own."""
        await self._on_message("edit-message", user, channel, ts=ts, text=text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete a message of one's own."""
        await self._on_message("delete-message", user, channel, ts=ts)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Put an emoji on a message."""
        await self._on_message("reaction", user, channel, ts=ts, name=name, present=True)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take one's emoji off a message."""
        await self._on_message("reaction", user, channel, ts=ts, name=name, present=False)

    async def click(self, user: str, channel: str, ts: str, action_id: str, *, choose: str | None = None) -> None:
        """Press a button, or choose an option (by value), a date or a person, on a message."""
        message = slack_forms.message_with_ts(await self.raw_messages(channel), ts)
        action = slack_forms.action_on(message["blocks"], action_id, choose=choose)
        await self._on_message("interact", user, channel, messageTs=ts, action=action)

    async def click_home(self, user: str, action_id: str, *, choose: str | None = None) -> None:
        """Press a button, or choose, on somebody's App Home."""
        view = await self.home(user)
        assert view, f"{user} has no Home tab yet: open_home first"
        body = slack_forms.view_action(view, action_id, choose=choose)
        await self._inject_as(user, body)

    async def click_in_view(self, user: str, action_id: str, *, choose: str | None = None, **typed: Any) -> Node:
        """Press a button or change a dispatching input of the open modal; `typed` is what the form holds so far."""
        view = await self.open_view()
        state = {"values": slack_forms.form_values(view, typed)}
        body = slack_forms.view_action({**view, "state": state}, action_id, choose=choose)
        return await self._inject_as(user, body)

    async def submit_view(self, user: str, values: Mapping[str, Any] | None = None) -> Submission:
        """Submit the open modal; `values` by block id: text, option value(s), date, or Slack's own dict."""
        view = await self.open_view()
        form = slack_forms.form_values(view, values or {})
        submit = {"t": "view_submit", "user": await self.user_id(user), "values": form}
        async with self.http.ws_connect(f"{self.url}/ui") as socket:
            await socket.receive_json()
            await socket.send_json(submit)
            async for frame in socket:
                shown = json.loads(frame.data)
                if shown["t"] in {"view", "view_errors"}:
                    return Submission(errors=shown.get("errors") or {}, modals=shown.get("stack") or [])
        raise AssertionError("the server closed the page's connection")

    async def resubmit(self, user: str, view: Node, values: Mapping[str, Any] | None = None) -> Node:
        """Deliver the submission of a form again, as a repeated press or a retry does; `view` as it was open."""
        form = slack_forms.form_values(view, values or {})
        body = {"type": "view_submission", "view": {**view, "state": {"values": form}}, "response_urls": []}
        return await self._inject_as(user, body)

    async def close_view(self, user: str) -> None:
        """Close the open modal without submitting."""
        async with self.http.ws_connect(f"{self.url}/ui") as socket:
            await socket.receive_json()
            await socket.send_json({"t": "view_close", "user": await self.user_id(user)})
            while (await socket.receive_json())["t"] != "view":
                pass

    async def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Node:
        """Choose a shortcut in a message's menu; return the acknowledgement."""
        place = await self.channel_id(channel)
        message = slack_forms.message_with_ts(await self.raw_messages(channel), ts)
        body = {"type": "message_action", "callback_id": callback_id, "message_ts": ts, "message": message}
        named = {"channel": {"id": place, "name": channel.removeprefix("#")}, "response_url": "$RESPONSE_URL"}
        return await self._inject_as(user, {**body, **named})

    async def global_shortcut(self, user: str, callback_id: str) -> Node:
        """Choose a shortcut of the workspace; return the acknowledgement."""
        return await self._inject_as(user, {"type": "shortcut", "callback_id": callback_id})

    async def open_home(self, user: str) -> None:
        """Open the bot's Home tab."""
        async with self._delivered():
            await self._post("/_control/open-home", {"user": await self.user_id(user)})

    async def open_view(self) -> Node:
        """Return the modal on top."""
        modals = await self.modals()
        assert modals, "no modal is open"
        return modals[-1]

    async def modals(self) -> list[Node]:
        """Return the open modals, the topmost last."""
        return list((await self._get("/_screen"))["modals"])

    async def home(self, user: str) -> Node | None:
        """Return somebody's Home tab, or None before the bot has published one."""
        homes: dict[str, Node] = (await self._get("/_screen"))["homes"]
        return homes.get(await self.user_id(user))

    async def messages(self, channel: str) -> list[Node]:
        """Return what everybody sees in a channel, oldest first, without threads' replies."""
        shown = slack_forms.public(await self.raw_messages(channel))
        return [message for message in shown if not slack_forms.is_reply(message)]

    async def thread(self, channel: str, ts: str) -> list[Node]:
        """Return what everybody sees under a message, oldest first, without the message itself."""
        shown = slack_forms.public(await self.raw_messages(channel))
        return [message for message in shown if message.get("thread_ts") == ts != message["ts"]]

    async def ephemerals(self, user: str, channel: str | None = None) -> list[Node]:
        """Return what only this person saw, oldest first, in one channel or everywhere."""
        person = await self.user_id(user)
        places = [channel] if channel else [found["id"] for found in (await self.state())["channels"]]
        found = [message for place in places for message in await self.raw_messages(place)]
        private = [message for message in found if message.get("ephemeral_to") == person]
        return sorted(private, key=lambda message: str(message["ts"]))

    async def direct_messages(self, user: str) -> list[Node]:
        """Return the conversation between the bot and this person, oldest first."""
        person = await self.user_id(user)
        channels = (await self.state())["channels"]
        own = [found["id"] for found in channels if found["is_im"] and person in found["members"]]
        return [message for place in own for message in await self.raw_messages(place)]

    async def raw_messages(self, channel: str) -> list[Node]:
        """Return everything that was posted in a channel, oldest first, private answers among it."""
        return list((await self._get(f"/_control/messages/{await self.channel_id(channel)}"))["messages"])

    async def inject(self, kind: str, payload: Node, *, retry_attempt: int = 0) -> Node:
        """Send any envelope to the bot once; return {acked, ack, ms, reason}.

        "$TRIGGER" and "$RESPONSE_URL" in the payload become ones that work.
        """
        return await self._post("/_inject", {"type": kind, "payload": payload, "retry_attempt": retry_attempt})

    async def socket(self, what: Literal["close", "disconnect"], reason: str = "refresh_requested") -> None:
        """Cut the bot's connections, or ask it to reconnect for a reason."""
        await self._post("/_socket", {"close": True} if what == "close" else {"disconnect": reason})

    async def calls(self, method: str | None = None) -> list[Node]:
        """Return the bot's Web API calls, oldest first: {time, method, arguments, status, answer}."""
        calls = (await self._get("/_calls"))["calls"]
        return [call for call in calls if method in {None, call["method"]}]

    async def deliveries(self) -> Node:
        """Return {deliveries, waiting, lost, pending}: each attempt to reach the bot and how fast it acknowledged."""
        return await self._get("/_deliveries")

    async def payloads(self) -> list[SentPayload]:
        """Return every message and view that the bot has tried to send, also in acknowledgements."""
        sent = [*await self.calls(), *slack_forms.acknowledgements((await self.deliveries())["deliveries"])]
        found = [slack_forms.content_of(call) for call in sent]
        return [
            SentPayload(method=call["method"], surface=slack_forms.surface_of(content), content=content)
            for call, content in zip(sent, found, strict=True)
            if content
        ]

    async def wait_for_bot(self, timeout_s: float = 15) -> None:
        """Wait until the bot is connected."""

        async def connected() -> bool:
            return bool((await self._get("/_screen"))["sockets"])

        await self.wait_for(connected, timeout_s=timeout_s)

    async def wait_for(self, predicate: Callable[[], Any | Awaitable[Any]], timeout_s: float = 10) -> Any:
        """Ask again until the answer is true, and return it; a failed assertion inside counts as "not yet".

        At the deadline the failure shows the last answer and what stands in the channels.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        last: Any = None
        while asyncio.get_running_loop().time() < deadline:
            try:
                last = predicate()
                last = await last if inspect.isawaitable(last) else last
            except AssertionError as failure:
                last = failure
            if last and not isinstance(last, AssertionError):
                return last
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"not within {timeout_s} s; last answer: {last!r}\n{await self.describe()}")

    async def describe(self) -> str:
        """Return what stands in the channels and is open, for a failure's text."""
        lines = [f"modals open: {[view.get('callback_id') for view in await self.modals()]}"]
        for channel in (await self.state())["channels"]:
            shown = await self.raw_messages(channel["id"])
            lines += [f"#{channel['name']} {slack_forms.one_line(message)}" for message in shown[-SHOWN_MESSAGES:]]
        return "\n".join(lines)

    async def reset(self) -> None:
        """Empty the workspace; the bot stays connected."""
        await self._post("/_control/reset", {})

    async def state(self) -> Node:
        """Return {workspace, apps, users, channels}."""
        return await self._get("/_control/state")

    async def user_id(self, user: str) -> str:
        """Return a person's id, given it or their name."""
        return slack_forms.id_of(user, (await self.state())["users"])

    async def channel_id(self, channel: str) -> str:
        """Return a channel's id, given it or its name."""
        return slack_forms.id_of(channel.removeprefix("#"), (await self.state())["channels"])

    async def _on_message(self, verb: str, user: str, channel: str, **more: Any) -> None:
        named = {"user": await self.user_id(user), "channel": await self.channel_id(channel)}
        async with self._delivered():
            await self._post(f"/_control/{verb}", {**named, **more})

    @asynccontextmanager
    async def _delivered(self) -> AsyncIterator[None]:
        """Wait until all of what is done inside has reached the bot, or Slack has given up on it.

        A mention is two envelopes, the message and the mention, and either may be acknowledged first. What is sent
        again because the bot cannot keep it is not waited for.
        """
        before = len((await self.deliveries())["deliveries"])
        yield

        async def reached() -> bool:
            found = await self.deliveries()
            return (len(found["deliveries"]) > before and not found["pending"]) or bool(found["waiting"])

        await self.wait_for(reached, timeout_s=5)

    async def _inject_as(self, user: str, payload: Node) -> Node:
        state = await self.state()
        common = slack_forms.interaction(state, await self.user_id(user))
        return await self.inject("interactive", {**common, **payload})

    async def _post(self, path: str, body: Node) -> Node:
        async with self.http.post(self.url + path, json=body) as response:
            answer: Node = await response.json()
        assert answer["ok"], f"{path} {body}: {answer}"
        return answer

    async def _get(self, path: str) -> Node:
        async with self.http.get(self.url + path) as response:
            answer: Node = await response.json()
        return answer


@asynccontextmanager
async def open_workspace(url: str) -> AsyncIterator[Workspace]:
    """Yield the workspace behind a local Slack server's address."""
    async with aiohttp.ClientSession() as http:
        yield Workspace(url=url.rstrip("/"), http=http)
