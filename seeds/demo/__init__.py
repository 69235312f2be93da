"""A demo world: people with logins, firms, two hundred applications and their passes in every state.

Everything in it is made up and every page of a demo says so. Applications and passes are made through the services, as
of moments of the last days, so that nothing in it could not have happened.
"""

from seeds.demo.people import LOGINS, PASSWORD
from seeds.demo.world import load_demo, may_load_demo

__all__ = ["LOGINS", "PASSWORD", "load_demo", "may_load_demo"]
