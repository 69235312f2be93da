"""Who there is: areas and bodies 单位, firms 企业, persons, their roles, sessions, tokens, and the guards of every view."""
