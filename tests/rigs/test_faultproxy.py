import aiohttp
import pytest

from tests.rigs.faultproxy import Fault, running_faultproxy

pytestmark = pytest.mark.scenario


async def test_answer_is_lost_after_the_effect_when_dropped(slack_proxy, workspace, local_slack):
    slack_proxy.faults.append(Fault(path="chat.postMessage", drop="after", times=1))
    message = {"channel": "C0QA", "text": "once"}
    headers = {"Authorization": f"Bearer {local_slack.bot_token}"}

    async with aiohttp.ClientSession(headers=headers) as http:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await http.post(f"{slack_proxy.url}/api/chat.postMessage", json=message)
        again = await http.post(f"{slack_proxy.url}/api/chat.postMessage", json=message)

    assert again.status == 200
    assert [shown["text"] for shown in await workspace.messages("qa")] == ["once", "once"]
    assert [passed.status for passed in slack_proxy.log] == [0, 200]


async def test_answer_is_replaced_when_a_status_is_set(slack_proxy):
    slack_proxy.faults.append(Fault(status=429, headers={"Retry-After": "2"}, skip=1))

    async with aiohttp.ClientSession() as http:
        first = await http.get(f"{slack_proxy.url}/_control/state")
        second = await http.get(f"{slack_proxy.url}/_control/state")

    assert (first.status, second.status, second.headers["Retry-After"]) == (200, 429, "2")
    assert slack_proxy.count("state", status=429) == 1


async def test_websocket_is_cut_when_told(slack_proxy):
    slack_proxy.faults.append(Fault(path="^/ui", cut_websocket_after_s=0.1))

    async with aiohttp.ClientSession() as http, http.ws_connect(f"{slack_proxy.url}/ui") as socket:
        frames = [frame async for frame in socket]

    assert [frame.type for frame in frames] == [aiohttp.WSMsgType.TEXT]
    assert socket.closed


async def test_caller_reaches_another_server_when_their_token_is_listed(local_slack):
    async with (
        running_faultproxy("http://127.0.0.1:9", other=local_slack.ui_url) as proxy,
        aiohttp.ClientSession() as http,
    ):
        answer = await http.get(f"{proxy.url}/_control/state", headers={"Authorization": "Bearer other"})

    assert answer.status == 200
