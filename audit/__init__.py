"""The append-only, sealed record of who did what, when and why.

Event 事件: one deed, written in the transaction that did it. Seal 封印: its place in the chain, added after commit.
"""
