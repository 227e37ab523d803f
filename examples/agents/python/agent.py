"""Totals the open orders. Run: writ run --task "total open orders" --grant orders:read@orders -- python3 agent.py"""
import json
import os
import urllib.request

run, key = os.environ["WRIT_RUN_URL"], os.environ["WRIT_RUN_KEY"]


def get(path):
    request = urllib.request.Request(f"{run}/api/orders{path}", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


orders = [order for order in get("/orders") if order["status"] == "open"]
print(f"{len(orders)} open orders, {sum(order['cents'] for order in orders) / 100:.2f} in all")
