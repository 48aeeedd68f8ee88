"""Runs moto's server so that each request to DynamoDB is atomic, as on DynamoDB.

moto answers every connection in its own thread. A write reads the item, checks the condition and writes, without a
lock (update_item in moto/dynamodb/models/__init__.py). More than one of several writes with one condition may then
succeed, and a read may find an item half changed. Tests with many concurrent writes would fail because of moto and not
because of vestibule.

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
