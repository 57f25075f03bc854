"""Who administers the bot in Teams is whom the operator names."""

from tests.msteams_house import house
from tests.servers.connector import CHANNEL, running


async def test_whom_the_operator_names_may_link_platforms_and_nobody_else(sqlite_url):
    async with running() as teams:
        named = teams.message(1, "link")["from"]["aadObjectId"].lower()
        async with house(teams, sqlite_url, admins=frozenset({named})) as here:
            await here.send(teams.message(1, "@ {0} stayed with a caller", CHANNEL, 2))
            code = await here.say(teams.message(1, "link"))
            assert "/kudos link " in str([post.card for post in code])
            refused = await here.say(teams.message(2, "link"))
            assert "/kudos link " not in str([post.card for post in refused])
