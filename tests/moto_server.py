"""moto's server, which carries out each request to DynamoDB whole, as DynamoDB does.

moto answers every connection in a thread of its own. What changes an item reads it, tries the condition and writes,
with no lock in between (update_item in moto/dynamodb/models/__init__.py). Of several writes with one condition more
than one may then be done, and a read may find an item half changed. Tests in which many write at once would fail by
moto and not by us.

    .tools/venv/bin/python tests/moto_server.py -H 127.0.0.1 -p 0
"""

import threading

import moto.server
from moto.dynamodb.responses import DynamoHandler

whole = threading.Lock()
call_action = DynamoHandler.call_action


def call_action_alone(self):
    with whole:
        return call_action(self)


DynamoHandler.call_action = call_action_alone
moto.server.main()
