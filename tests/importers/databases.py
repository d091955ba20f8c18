"""Databases of other systems on the tests' own server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
from django.db import connection
from psycopg import sql


@contextmanager
def other_database(name: str) -> Iterator[str]:
    """The address of an empty database; gone afterwards. Each process of the tests has its own."""
    settings = connection.settings_dict
    name = f"{name}_{os.getpid()}"
    user, password = settings["USER"], settings["PASSWORD"] or ""
    place = {"host": settings["HOST"], "port": settings["PORT"] or None, "user": user, "password": password or None}
    with psycopg.connect(**place, dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            port = f":{settings['PORT']}" if settings["PORT"] else ""
            yield f"postgresql://{quote(user)}:{quote(password)}@{quote(settings['HOST'], safe='')}{port}/{name}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
